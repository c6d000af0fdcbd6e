"""Requests are byte for byte what ldap3's own encoder makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.add import add_operation
from ldap3.operation.delete import delete_operation
from ldap3.operation.modify import modify_operation
from ldap3.operation.modifyDn import modify_dn_operation
from ldap3.operation.search import search_operation
from ldap3.protocol.controls import build_control
from ldap3.protocol.rfc2696 import paged_search_control
from ldap3.protocol.rfc4511 import LDAPMessage, MessageID, ProtocolOp
from ldap3.protocol.rfc4527 import post_read_control
from ldap3.strategy.base import build_controls_list
from ldap3.utils.asn1 import encode

from adapters.ldap import conditions, encoding
from adapters.ldap.encoding import Change, Request, Scope

TEXT = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable())
BYTES = st.binary(min_size=1, max_size=300)
IDS = st.integers(min_value=1, max_value=2**31 - 1)
DN = "uid=é\\2cx,ou=people,dc=lab,dc=test"


def by_ldap3(message_id: int, kind: str, operation: Any, controls: Any = None) -> bytes:
    message = LDAPMessage()
    message["messageID"] = MessageID(message_id)
    message["protocolOp"] = ProtocolOp().setComponentByName(kind, operation)
    listed = build_controls_list(controls)
    if listed is not None:
        message["controls"] = listed
    made: bytes = encode(message)
    return made


def by_ldap3_search(condition: str, scope: str, attributes: list[str], limit: int) -> Any:
    flags = {"types_only": False, "auto_escape": False, "auto_encode": False}
    return search_operation(DN, condition, scope, "NEVER", attributes, limit, 0, **flags)


def attributes(names: st.SearchStrategy[str] = TEXT) -> st.SearchStrategy[dict[str, list[bytes]]]:
    return st.dictionaries(names, st.lists(BYTES, min_size=1, max_size=4), min_size=1, max_size=5)


@given(IDS, attributes())
def test_add(message_id: int, entry: dict[str, list[bytes]]):
    ours = encoding.add(DN, entry.items()).message(message_id)
    assert ours == by_ldap3(message_id, "addRequest", add_operation(DN, entry, auto_encode=False))


@given(IDS, attributes(), st.sampled_from(list(Change)))
def test_modify(message_id: int, entry: dict[str, list[bytes]], change: Change):
    words = {Change.ADD: "MODIFY_ADD", Change.DELETE: "MODIFY_DELETE", Change.REPLACE: "MODIFY_REPLACE"}
    ours = encoding.modify(DN, [(change, name, values) for name, values in entry.items()])
    theirs = modify_operation(
        DN, {name: [(words[change], values)] for name, values in entry.items()}, auto_encode=False
    )
    assert ours.message(message_id) == by_ldap3(message_id, "modifyRequest", theirs)


@given(IDS)
def test_delete(message_id: int):
    assert encoding.delete(DN).message(message_id) == by_ldap3(message_id, "delRequest", delete_operation(DN))


@pytest.mark.parametrize("superior", [None, "ou=former,dc=lab,dc=test"])
def test_modify_dn(superior: str | None):
    ours = encoding.modify_dn(DN, "uid=y", superior).message(7)
    assert ours == by_ldap3(
        7, "modDNRequest", modify_dn_operation(DN, "uid=y", delete_old_rdn=True, new_superior=superior)
    )


@given(st.integers(min_value=0, max_value=2**31 - 1), st.binary(max_size=40))
def test_paged_search(size: int, cookie: bytes):
    control = encoding.paged(size, cookie)
    ours = encoding.search(DN, Scope.SUBTREE, conditions.present("objectClass"), ("*", "x"), control, limit=9)
    theirs = by_ldap3_search("(objectClass=*)", "SUBTREE", ["*", "x"], 0)
    listed = [paged_search_control(criticality=True, size=size, cookie=cookie)]
    assert ours.message(5) == by_ldap3(5, "searchRequest", theirs, listed)


def test_post_read_control():
    ours = encoding.delete(DN, encoding.post_read(("entryUUID", "entryCSN"))).message(3)
    control = post_read_control(["entryUUID", "entryCSN"], criticality=False)
    assert ours == by_ldap3(3, "delRequest", delete_operation(DN), [control])


def test_assertion_control():
    condition = conditions.equal("entryUUID", b"x")
    ours = encoding.delete(DN, encoding.assertion(condition)).message(3)
    control = build_control(encoding.ASSERTION, criticality=True, value=condition, encode_control_value=False)
    assert ours == by_ldap3(3, "delRequest", delete_operation(DN), [control])


@pytest.mark.parametrize(
    ("ours", "text"),
    [
        (conditions.equal("cn", b"a*(b)\\\0"), r"(cn=a\2a\28b\29\5c\00)"),
        (conditions.present("cn"), "(cn=*)"),
        (conditions.starts_with("cn", b"a"), "(cn=a*)"),
        (conditions.ends_with("cn", b"a"), "(cn=*a)"),
        (conditions.contains("cn", b"a"), "(cn=*a*)"),
        (conditions.greater_or_equal("n", b"1"), "(n>=1)"),
        (conditions.less_or_equal("n", b"1"), "(n<=1)"),
        (conditions.none_of(conditions.present("cn")), "(!(cn=*))"),
        (conditions.all_of([conditions.present("cn"), conditions.present("sn")]), "(&(cn=*)(sn=*))"),
        (conditions.any_of([conditions.present("cn"), conditions.present("sn")]), "(|(cn=*)(sn=*))"),
    ],
)
def test_conditions(ours: bytes, text: str):
    theirs = by_ldap3_search(text, "BASE", ["1.1"], 2)
    request = encoding.search(DN, Scope.BASE, ours, encoding.NO_ATTRIBUTES, limit=2)
    assert request.message(1) == by_ldap3(1, "searchRequest", theirs)


def test_a_request_with_a_password_shows_nothing_of_it():
    request: Request = encoding.passwd_modify(DN, b"the old one", b"the new one")
    assert "one" not in repr(request)
