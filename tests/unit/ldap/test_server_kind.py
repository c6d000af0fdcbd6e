"""The kind of a server is told by its root DSE; each kind writes anchors and account status in its own way."""

from __future__ import annotations

import pytest

from adapters.ldap import anchors, conditions
from adapters.ldap.account_flags import FirstPassword, Flag, Lock, OneValue, State
from adapters.ldap.decoding import Entry
from adapters.ldap.encoding import Change, Secrecy, unicode_pwd
from adapters.ldap.server_kind import ACTIVE_DIRECTORY, DS389, OPENLDAP, ServerKind, detect
from bridge.sdk import InvalidValueError, PreconditionError


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({}, OPENLDAP),
        ({"vendorName": [b"Somebody else"]}, OPENLDAP),
        ({"vendorName": [b"389 Project"], "vendorVersion": [b"389-Directory/2.3.1 B2025.016.1616"]}, DS389),
        ({"VENDORVERSION": [b"389-Directory/1.4.4"]}, DS389),
        ({"supportedCapabilities": [b"1.2.840.113556.1.4.1670", b"1.2.840.113556.1.4.800"]}, ACTIVE_DIRECTORY),
    ],
)
def test_the_root_dse_tells_the_kind(told: dict[str, list[bytes]], kind: ServerKind):
    assert detect(Entry("", told)) is kind


def test_a_guid_is_written_as_microsoft_does():
    content = bytes.fromhex("33221100554477668899aabbccddeeff")
    text = "00112233-4455-6677-8899-aabbccddeeff"
    assert anchors.GUID.to_text(content) == text
    assert anchors.GUID.to_bytes(text) == content
    assert anchors.GUID.address(text) == f"<GUID={text}>"


def test_what_is_no_guid_addresses_nothing():
    assert anchors.GUID.address("uid=a,dc=lab>") is None
    assert anchors.GUID.to_bytes("no guid") == b"no guid"


def _account() -> Flag:
    return ACTIVE_DIRECTORY.flags["enabled"]


def test_the_other_bits_of_an_account_stay():
    flag, name = _account(), "userAccountControl"
    assert flag.changes(State.OFF, _control(b"66048")) == [
        (Change.DELETE, name, [b"66048"]),
        (Change.ADD, name, [b"66050"]),
    ]
    assert flag.changes(State.ON, _control(b"66050")) == [
        (Change.DELETE, name, [b"66050"]),
        (Change.ADD, name, [b"66048"]),
    ]
    assert flag.changes(State.ON, _control(b"66048")) == []
    assert (flag.state(_control(b"66050")), flag.state(_control(b"66048"))) == (State.OFF, State.ON)


def _control(number: bytes, **more: list[bytes]) -> dict[str, list[bytes]]:
    return {"useraccountcontrol": [number], **more}


def test_an_account_that_never_had_a_password_stays_disabled():
    never = {"pwdlastset": [b"0"], "msds-keyversionnumber": [b"1"]}
    with pytest.raises(PreconditionError, match="no password yet"):
        _account().changes(State.ON, _control(b"514", **never))
    must_change = {**never, "msds-keyversionnumber": [b"2"]}
    assert _account().changes(State.ON, _control(b"514", **must_change))


def test_an_account_is_made_enabled_with_a_password_and_if_that_is_asked_for():
    for password in FirstPassword:
        for wanted in (None, State.OFF):
            assert _account().at_create(wanted, password) == [b"514"]
    assert _account().at_create(State.ON, FirstPassword.BROUGHT) == [b"512"]
    with pytest.raises(InvalidValueError, match="give password too") as refusal:
        _account().at_create(State.ON, FirstPassword.LATER)
    assert refusal.value.attributes == ("enabled",)


def test_a_value_tells_the_status_in_any_case():
    flag = OneValue("nsAccountLock", "true", State.OFF)
    assert flag.state({"nsaccountlock": [b"TRUE"]}) is State.OFF
    assert flag.state({"nsaccountlock": [b"false"]}) is flag.state({}) is State.ON
    assert flag.condition(State.ON) == conditions.none_of(conditions.equal("nsAccountLock", b"true"))


def test_unlocking_does_not_enable_what_an_administrator_has_disabled():
    lock = OPENLDAP.flags["locked"]
    disabled, locked = {"pwdaccountlockedtime": [b"000001010000Z"]}, {"pwdaccountlockedtime": [b"20260101000000Z"]}
    assert (lock.state(disabled), lock.state(locked), lock.state({})) == (State.OFF, State.ON, State.OFF)
    assert lock.changes(State.OFF, disabled) == lock.changes(State.OFF, {}) == []
    assert lock.changes(State.OFF, locked) == [(Change.DELETE, "pwdAccountLockedTime", [b"20260101000000Z"])]


def test_only_the_server_locks():
    with pytest.raises(InvalidValueError, match="disable one by enabled"):
        Lock("a").at_create(State.ON, FirstPassword.LATER)
    with pytest.raises(InvalidValueError, match="disable one by enabled"):
        Lock("a").changes(State.ON, {})


def test_unicode_pwd_is_quoted_utf_16_and_kept_secret():
    request = unicode_pwd("cn=a", None, "pä".encode())
    assert request.secrecy is Secrecy.PASSWORD
    assert b'"\x00p\x00\xe4\x00"\x00' in request.operation
    assert "operation" not in repr(request)
