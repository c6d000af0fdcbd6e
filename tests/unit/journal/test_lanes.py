"""Operations on one object share a lane, by whatever name or spelling they speak of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.journal import Conclusion, Draft, Entry, Transition
from bridge.journal.lanes import name_key
from bridge.model.identity import Anchor, CallerName, ConnectorName, Name, ObjectRef, ObjectType, new_operation_id
from bridge.model.lifecycle import State
from bridge.model.operations import Body, Create, Delete, Operation, Rename
from tests.unit.journal.opened import OpenedJournal

TARGET, USER = ConnectorName("target"), ObjectType("user")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenedJournal]:
    made = OpenedJournal(tmp_path / "journal")
    yield made
    made.close()


def accepted(opened: OpenedJournal, ref: ObjectRef, body: Body, known: ObjectRef | None = None) -> Entry:
    operation = Operation(new_operation_id(), CallerName("tester"), TARGET, ref, body)
    [entry] = opened.run(opened.journal.accept([Draft(operation, known)], opened.new.extend))
    assert isinstance(entry, Entry)
    return entry


def named(name: str) -> ObjectRef:
    return ObjectRef(USER, None, Name(name))


def settle(opened: OpenedJournal, entry: Entry, anchor: str | None = None) -> None:
    opened.run(opened.journal.intend([entry]))
    conclusion = Conclusion(anchor=Anchor(anchor) if anchor else None)
    opened.run(opened.journal.record([Transition(entry, State.SUCCEEDED, conclusion)]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "ALICE"),
        ("alice", " alice "),
        ("uid=alice,dc=x", "UID = Alice , DC = X"),
        (r"cn=a\,b,dc=x", r"cn=a\2cb,dc=x"),
        ("straße", "STRASSE"),
        ("Å", "\N{LATIN CAPITAL LETTER A}\N{COMBINING RING ABOVE}"),
        ("a b", "ab"),
    ],
)
def test_spellings_that_a_target_might_hold_for_equal_share_an_alias(one: str, other: str) -> None:
    assert name_key(TARGET, USER, one) == name_key(TARGET, USER, other)


def test_other_names_types_and_connectors_have_aliases_of_their_own() -> None:
    keys = {
        name_key(TARGET, USER, "alice"),
        name_key(TARGET, USER, "bob"),
        name_key(TARGET, ObjectType("group"), "alice"),
        name_key(ConnectorName("other"), USER, "alice"),
    }
    assert len(keys) == 4


def test_a_name_and_the_anchor_learned_at_settlement_share_a_lane(opened: OpenedJournal) -> None:
    created = accepted(opened, named("alice"), Create({}))
    settle(opened, created, "a-1")
    by_anchor = accepted(opened, ObjectRef(USER, Anchor("a-1")), Delete())
    assert by_anchor.lane == created.lane


def test_what_the_target_told_of_an_unknown_name_joins_its_lanes(opened: OpenedJournal) -> None:
    known = ObjectRef(USER, Anchor("a-1"), Name("alice"))
    by_name = accepted(opened, named("alice"), Delete(), known)
    assert accepted(opened, ObjectRef(USER, Anchor("a-1")), Delete()).lane == by_name.lane


def test_a_renamed_object_keeps_its_lane_under_its_new_name(opened: OpenedJournal) -> None:
    created = accepted(opened, named("alice"), Create({}))
    renamed = accepted(opened, named("alice"), Rename(Name("bob")))
    later = accepted(opened, named("bob"), Delete())
    assert created.lane == renamed.lane == later.lane
    assert later.after is None


def test_a_rename_to_a_name_in_use_waits_for_what_is_open_in_its_former_lane(opened: OpenedJournal) -> None:
    accepted(opened, named("bob"), Create({}))
    gone = accepted(opened, named("bob"), Delete())
    accepted(opened, named("alice"), Create({}))
    renamed = accepted(opened, named("alice"), Rename(Name("bob")))
    assert renamed.lane != gone.lane
    assert renamed.after == gone.sequence


def test_lanes_and_numbers_go_on_after_a_restart(opened: OpenedJournal) -> None:
    before = accepted(opened, named("alice"), Create({}))
    opened.reopen()
    assert accepted(opened, named("alice"), Delete()).lane == before.lane
    other = accepted(opened, named("bob"), Create({}))
    assert other.lane > before.lane
    assert other.sequence == before.sequence + 2
