"""Why a password was refused is told by a control, in classes; what cannot be read tells nothing."""

from __future__ import annotations

import pytest

from adapters.ldap.decoding import Response
from adapters.ldap.encoding import PASSWORD_POLICY
from adapters.ldap.password_policy import refusal


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("3003810106", "too short"),
        ("3003810107", "too recently"),
        ("3003810108", "used before"),
        ("3008a003800101810105", "not good enough"),
        # 389 Directory Server writes lengths in their long form.
        ("308400000003810105", "not good enough"),
    ],
)
def test_the_reason_is_told(value: str, reason: str):
    answer = Response(code=19, diagnostic="hunter2", controls={PASSWORD_POLICY: bytes.fromhex(value)})
    error = refusal(answer, "user a")
    assert error is not None
    assert reason in error.message
    assert "hunter2" not in error.message


@pytest.mark.parametrize("value", ["", "3000", "30038101", "3003810163", "30038001ff", "04"])
def test_what_tells_no_reason(value: str):
    assert refusal(Response(code=19, controls={PASSWORD_POLICY: bytes.fromhex(value)}), "user a") is None
