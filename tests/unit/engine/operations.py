"""Entries for tests of the engine's pure parts."""

from __future__ import annotations

from bridge.journal import Entry
from bridge.model.identity import Anchor, CallerName, ConnectorName, Lane, Name, ObjectRef, ObjectType, OperationId
from bridge.model.lifecycle import State
from bridge.model.operations import Body, Delete, Operation

USER = ObjectType("user")
CONNECTOR = ConnectorName("target")
ALICE = ObjectRef(USER, None, Name("alice"))
ALICE_THERE = ObjectRef(USER, Anchor("a-1"), Name("alice"))


def operation(body: Body | None = None, target: ObjectRef = ALICE, number: int = 1) -> Operation:
    return Operation(OperationId(f"op-{number}"), CallerName("tester"), CONNECTOR, target, body or Delete())


def entry(
    sequence: int = 1,
    lane: int = 1,
    body: Body | None = None,
    *,
    state: State = State.ACCEPTED,
    attempts: int = 0,
    accepted_at: float = 0.0,
) -> Entry:
    made = operation(body, number=sequence)
    return Entry(sequence, Lane(lane), made, accepted_at, state=state, attempts=attempts)
