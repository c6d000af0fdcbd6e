"""Answers are read as ldap3 writes them, and whatever is not an answer is refused without harm."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.protocol import rfc4511
from ldap3.utils.asn1 import encode

from adapters.ldap import ber, decoding
from adapters.ldap.ber import MalformedError
from adapters.ldap.decoding import Response

ENTRIES = st.dictionaries(
    st.text(alphabet="abcdefgh;-", min_size=1, max_size=10), st.lists(st.binary(max_size=300), max_size=4), max_size=5
)


def message(message_id: int, kind: str, operation: Any) -> bytes:
    made = rfc4511.LDAPMessage()
    made["messageID"] = rfc4511.MessageID(message_id)
    made["protocolOp"] = rfc4511.ProtocolOp().setComponentByName(kind, operation)
    encoded: bytes = encode(made)
    return encoded


def result(code: int, matched: str, diagnostic: str) -> bytes:
    operation = rfc4511.AddResponse()
    operation["resultCode"] = rfc4511.ResultCode(code)
    operation["matchedDN"] = rfc4511.LDAPDN(matched.encode())
    operation["diagnosticMessage"] = rfc4511.LDAPString(diagnostic.encode())
    return message(9, "addResponse", operation)


def entry(attributes: dict[str, list[bytes]]) -> bytes:
    operation = rfc4511.SearchResultEntry()
    operation["object"] = rfc4511.LDAPDN(b"cn=x")
    listed = rfc4511.PartialAttributeList()
    for position, (name, contents) in enumerate(attributes.items()):
        attribute = rfc4511.PartialAttribute()
        attribute["type"] = rfc4511.AttributeDescription(name.encode())
        values = rfc4511.Vals()
        for index, content in enumerate(contents):
            values.setComponentByPosition(index, rfc4511.AttributeValue(content))
        attribute["vals"] = values
        listed.setComponentByPosition(position, attribute)
    operation["attributes"] = listed
    return message(9, "searchResEntry", operation)


@given(st.sampled_from([0, 32, 68, 122]), st.text(max_size=200), st.text(max_size=200))
def test_a_result_is_read(code: int, matched: str, diagnostic: str):
    pending = {9: Response()}
    assert decoding.read_into(result(code, matched, diagnostic), pending, {9: 0}) == 9
    assert (pending[9].code, pending[9].matched_dn, pending[9].diagnostic) == (code, matched, diagnostic)


@given(ENTRIES)
def test_an_entry_is_read(attributes: dict[str, list[bytes]]):
    pending = {9: Response()}
    assert decoding.read_into(entry(attributes), pending, {9: 1}) is None
    read = pending[9].entries[0].attributes
    # ldap3's set orders its values.
    assert {name: sorted(contents) for name, contents in read.items()} == {
        name: sorted(contents) for name, contents in attributes.items()
    }


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_malformed(data: bytes):
    pending = {9: Response()}
    with contextlib.suppress(MalformedError):
        end = decoding.frame_end(bytearray(data), 0)
        if end is not None and end <= len(data):
            decoding.read_into(data[:end], pending, {9: 1})


@given(st.data())
def test_a_changed_byte_never_does_more_harm_than_that(data: st.DataObject):
    good = bytearray(data.draw(st.sampled_from([result(0, "", "x"), entry({"cn": [b"a", b"b"]})])))
    good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedError):
        decoding.read_into(bytes(good), {9: Response()}, {9: 1})


def test_a_giant_length_is_refused_before_anything_is_kept():
    with pytest.raises(MalformedError, match="more than"):
        decoding.frame_end(bytearray(b"\x30\x84\x7f\xff\xff\xff"), 0)


@pytest.mark.parametrize("length", [b"\x80", b"\x85\x00\x00\x00\x00\x01"])
def test_a_length_is_definite_and_of_four_bytes_at_most(length: bytes):
    with pytest.raises(MalformedError):
        decoding.frame_end(bytearray(b"\x30" + length + b"\x00" * 8), 0)


def test_a_length_of_which_bytes_are_missing_waits_for_them():
    assert decoding.frame_end(bytearray(b"\x30\x82\x01"), 0) is None


def test_more_entries_than_asked_for_are_refused():
    pending = {9: Response()}
    decoding.read_into(entry({}), pending, {9: 1})
    with pytest.raises(MalformedError, match="more entries"):
        decoding.read_into(entry({}), pending, {9: 1})


def test_what_is_said_besides_entries_is_kept():
    pending = {9: Response()}
    said = ber.element(0x79, ber.element(0x80, b"1.2.3") + ber.element(0x81, b"value"))
    message = ber.sequence(ber.integer(9), said)
    assert decoding.read_into(message, pending, {9: 1}) is None
    assert pending[9].intermediates == [b"value"]
    with pytest.raises(MalformedError, match="more was said"):
        decoding.read_into(message, pending, {9: 1})


def test_an_entry_comes_with_its_controls():
    pending = {9: Response()}
    listed = ber.element(0xA0, ber.sequence(ber.octets(b"1.2.3"), ber.octets(b"value")))
    found = ber.element(0x64, ber.octets(b"cn=x") + ber.sequence())
    assert decoding.read_into(ber.sequence(ber.integer(9), found, listed), pending, {9: 1}) is None
    assert pending[9].entries[0].controls == {"1.2.3": b"value"}


def test_an_answer_to_nothing_is_refused():
    with pytest.raises(MalformedError, match="not waited for"):
        decoding.read_into(result(0, "", ""), {8: Response()}, {8: 0})


def test_the_server_says_why_it_ends_the_session():
    notice = ber.element(0x78, ber.integer(52, ber.ENUMERATED) + ber.octets(b"") + ber.octets(b"shutting down"))
    with pytest.raises(MalformedError, match="shutting down"):
        decoding.read_into(ber.sequence(ber.integer(0), notice), {}, {})
