"""Content synchronisation (RFC 4533) from bytes: what changed, what is gone, and whether the server could tell."""

from __future__ import annotations

import uuid

import pytest

from adapters.ldap.ber import ENUMERATED, FALSE, TRUE, MalformedError, element, integer, octets, sequence, set_of
from adapters.ldap.changes import sync_messages
from adapters.ldap.changes.sync_messages import Phase
from adapters.ldap.decoding import Entry, Response

STATE, DONE = "1.3.6.1.4.1.4203.1.9.1.2", "1.3.6.1.4.1.4203.1.9.1.3"
ONE, TWO = uuid.UUID(int=1), uuid.UUID(int=2)
ADD, MODIFY, DELETE, PRESENT = 1, 2, 3, 0


def _entry(state: int, identity: uuid.UUID) -> Entry:
    value = sequence(integer(state, tag=ENUMERATED), octets(identity.bytes))
    return Entry("cn=x", {}, {STATE: value})


def _answer(*entries: Entry, done: bytes = TRUE, said: list[bytes] | None = None) -> Response:
    return Response(
        0, controls={DONE: sequence(octets(b"cookie"), done)}, entries=list(entries), intermediates=said or []
    )


def _ids(deletes: bytes, *identities: uuid.UUID) -> bytes:
    return element(0xA3, octets(b"") + deletes + set_of(each.bytes for each in identities))


def test_entries_are_told_by_what_happened_to_them():
    refresh = sync_messages.read(_answer(_entry(ADD, ONE), _entry(MODIFY, TWO), _entry(DELETE, ONE)))
    assert [identity for identity, _ in refresh.changed] == [str(ONE), str(TWO)]
    assert refresh.deleted == [str(ONE)]
    assert (refresh.phase, refresh.cookie) == (Phase.DELETES, b"cookie")


def test_a_set_of_deleted_entries():
    refresh = sync_messages.read(_answer(said=[_ids(TRUE, ONE, TWO)]))
    assert set(refresh.deleted) == {str(ONE), str(TWO)}
    assert refresh.phase is Phase.DELETES


@pytest.mark.parametrize(
    "answer",
    [
        _answer(done=b""),
        _answer(done=FALSE),
        _answer(_entry(PRESENT, ONE)),
        _answer(said=[_ids(FALSE, ONE)]),
        _answer(said=[_ids(b"", ONE)]),
        _answer(said=[element(0xA2, b"")]),
    ],
)
def test_a_server_that_names_what_is_present_has_not_told_what_is_gone(answer: Response):
    refresh = sync_messages.read(answer)
    assert refresh.phase is Phase.PRESENT
    assert refresh.deleted == []


def test_the_end_of_the_deletes_and_a_new_cookie_say_nothing_else():
    said = [element(0x80, b"new cookie"), element(0xA1, octets(b"") + TRUE)]
    assert sync_messages.read(_answer(said=said)).phase is Phase.DELETES


@pytest.mark.parametrize(
    "answer",
    [
        Response(0),
        _answer(Entry("cn=x", {})),
        _answer(_entry(9, ONE)),
        _answer(said=[element(0xA3, TRUE + b"\x31\x7f")]),
    ],
)
def test_what_is_no_synchronisation_is_no_answer(answer: Response):
    with pytest.raises((MalformedError, ValueError)):
        sync_messages.read(answer)
