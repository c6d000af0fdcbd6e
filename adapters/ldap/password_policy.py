"""Why a server's policy refused a password, by the response control of password policies. Pure; called by `password`.

The control (draft-behera-ldap-password-policy §6.2, known to OpenLDAP and 389 Directory Server) tells the class of the
reason, and none of the server's words, which may repeat the password.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.ldap.ber import MalformedError, Reader
from adapters.ldap.decoding import Response
from adapters.ldap.encoding import PASSWORD_POLICY
from bridge.sdk import PasswordRejectedError

_WARNING: Final = 0xA0
_ERROR: Final = 0x81

_REASONS: Final[Mapping[int, str]] = {
    1: "the account is locked",
    3: "the account may not change its password",
    4: "the old password must be given",
    5: "the password is not good enough for the policy",
    6: "the password is too short",
    7: "the password was changed too recently",
    8: "the password was used before",
}


def refusal(answer: Response, subject: str) -> PasswordRejectedError | None:
    """The error for a refused password whose reason the control tells; None if it tells none."""
    reason = _REASONS.get(_code(answer.controls.get(PASSWORD_POLICY, b"")))
    return None if reason is None else PasswordRejectedError(f"{subject}: {reason} (LDAP result {answer.code})")


def _code(value: bytes) -> int:
    try:
        told = Reader(value).inner(0x30)
        if told.peek() == _WARNING:
            told.take()
        return told.number(_ERROR) if told.peek() == _ERROR else -1
    except MalformedError:
        return -1
