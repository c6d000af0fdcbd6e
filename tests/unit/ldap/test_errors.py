"""Results become the bridge's errors by code, kind of operation and diagnostic."""

from __future__ import annotations

import pytest

from adapters.ldap.decoding import Response
from adapters.ldap.errors import result_error
from bridge.sdk import OperationKind

CREATE, SET, CHANGE = OperationKind.CREATE, OperationKind.SET_PASSWORD, OperationKind.CHANGE_PASSWORD


@pytest.mark.parametrize(
    ("code", "kind", "diagnostic", "expected"),
    [
        (19, CREATE, "some attributes not unique", "already_exists"),
        (19, CREATE, "non-unique attributes found with (|(mail=a@b))", "already_exists"),
        (19, CREATE, "attribute 'displayName' cannot have multiple values", "invalid_value"),
        (19, SET, "Password is in history of old passwords", "password_rejected"),
        (53, CHANGE, "unwilling to verify old password", "password_rejected"),
        (49, CHANGE, "", "password_rejected"),
        (49, None, "", "bad_credentials"),
        (53, CREATE, "operation restricted", "unsupported"),
        (53, CREATE, "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM)", "password_rejected"),
        (50, CREATE, "no write access to parent", "permission_denied"),
        (51, CREATE, "", "throttled"),
        (52, CREATE, "", "connection_failed"),
        (3, None, "", "throttled"),
        (4, None, "", "unsupported"),
        (11, None, "illegal pagedResults page size", "unsupported"),
        (10, CREATE, "", "configuration"),
        (12, CREATE, "", "configuration"),
        (66, CREATE, "", "precondition"),
        (122, CREATE, "", "precondition"),
        (80, CREATE, "internal error", "unexpected"),
        (4711, CREATE, "", "unexpected"),
    ],
)
def test_the_table(code: int, kind: OperationKind | None, diagnostic: str, expected: str):
    assert result_error(Response(code=code, diagnostic=diagnostic), kind, "user x").code == expected


@pytest.mark.parametrize(
    ("diagnostic", "attribute"),
    [
        ("mail: value #0 invalid per syntax", "mail"),
        ("object class 'inetOrgPerson' requires attribute 'sn'", "sn"),
        ("attribute 'foo' not allowed", "foo"),
        ('attribute "foo" not allowed', "foo"),
        ("0000200D: SINGLE-VALUE attribute foo on CN=a specified more than once", "foo"),
        ("objectclass_attrs: attribute 'foo' on entry 'CN=a' contains at least one invalid value!", "foo"),
        ("00000057: AtrErr: DSID-1, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att d (foo)", "foo"),
        ("foo: attribute type undefined", "foo"),
        ("displayName: multiple values provided", "displayName"),
        ("uid: no user modification allowed", "uid"),
        ("modify/add: member: value #0 already exists", "member"),
        ("modify/delete: member: no such value", "member"),
        ("non-unique attributes found with (|(mail=a@b))", "mail"),
    ],
)
def test_the_attribute_is_named(diagnostic: str, attribute: str):
    assert result_error(Response(code=65, diagnostic=diagnostic), CREATE, "x").attributes == (attribute,)


def test_a_server_that_repeats_a_password_is_not_quoted():
    echo = Response(code=19, diagnostic="hunter2 is too short")
    error = result_error(echo, SET, "user x")
    assert "hunter2" not in str(error)
    assert "too short" in str(error)


def test_a_diagnostic_is_cut_and_made_printable():
    error = result_error(Response(code=65, diagnostic="a\r\nb\x1b" + "x" * 1000), CREATE, "user x")
    assert str(error).isprintable()
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("diagnostic", "reason"),
    [
        ("Password is in history of old passwords", "used before"),
        ("Password fails quality checking policy", "not good enough"),
        ("Password is too young to change", "too recently"),
        ("unwilling to verify old password", "old password is wrong"),
        ("anything else", "not good enough"),
    ],
)
def test_the_reason_of_a_refused_password(diagnostic: str, reason: str):
    assert reason in str(result_error(Response(code=19, diagnostic=diagnostic), SET, "user x"))
