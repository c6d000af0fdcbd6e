"""Operations as the engine handles them, and as the journal stores and tells them.

`Entry` is an accepted operation with its place in the journal. `read` makes entries from rows, with their secrets
unsealed; `status` makes what can be told of a row, without content or secrets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from bridge.journal import content
from bridge.journal.sealing import Sealer
from bridge.journal.transaction import to_json
from bridge.model.attributes import Attributes
from bridge.model.errors import UnavailableError
from bridge.model.identity import (
    Anchor,
    CallerName,
    ConnectorName,
    Lane,
    Name,
    ObjectRef,
    OperationId,
    SettleNumber,
)
from bridge.model.lifecycle import State
from bridge.model.operations import Create, Operation, OperationKind
from bridge.model.outcomes import Failure
from bridge.model.status import OperationStatus


@dataclass(slots=True)
class Entry:
    """One open operation. `state` and `attempts` follow the journal: they change only after a commit.

    `after` is the sequence of an operation of another lane that has to be final before this one starts. `secrets_lost`
    tells that its secrets open no more (their key is gone: a restored backup has none), so that it cannot be sent.
    `assigned`: those of the attributes that the bridge gave it (`assignments`).
    """

    sequence: int
    lane: Lane
    operation: Operation
    accepted_at: float
    after: int | None = None
    state: State = State.ACCEPTED
    attempts: int = 0
    secrets_lost: bool = False
    assigned: Attributes = field(default_factory=dict)
    size: int = 0
    """Of its stored content, so that what is in memory can be bounded."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What an attempt came to, as the journal keeps it with the operation."""

    failure: Failure | None = None
    anchor: Anchor | None = None
    name: Name | None = None
    unchanged: bool = False
    waits_for: ObjectRef | None = None

    def encode(self) -> str:
        failure = self.failure
        return to_json(
            [
                failure and [failure.code, failure.message, failure.attributes, failure.retry_after],
                self.anchor,
                self.name,
                self.unchanged,
                self.waits_for and [self.waits_for.object_type, self.waits_for.anchor, self.waits_for.name],
            ]
        )

    @classmethod
    def decode(cls, text: str | None) -> Conclusion:
        if text is None:
            return cls()
        failure, anchor, name, unchanged, waits_for = json.loads(text)
        return cls(
            failure and Failure(failure[0], failure[1], tuple(failure[2]), failure[3]),
            anchor,
            name,
            unchanged,
            waits_for and ObjectRef(*waits_for),
        )


@dataclass(slots=True)
class Transition:
    """A step of an entry to another state, to be committed. `not_before` is in seconds since 1970."""

    entry: Entry
    state: State
    conclusion: Conclusion
    not_before: float | None = None


ENTRY_COLUMNS = (
    "sequence, lane, after, caller, id, connector, kind, content, sealed_hour, sealed, accepted_at, state, attempts,"
    " assigned"
)


def read(rows: Sequence[Row[Any]], sealer: Sealer) -> list[Entry]:
    """Entries from rows of ENTRY_COLUMNS."""
    return [_read(row, sealer) for row in rows]


def _read(row: Row[Any], sealer: Sealer) -> Entry:
    secrets, lost = _unseal(row, sealer)
    identity = (OperationId(row.id), CallerName(row.caller), ConnectorName(row.connector))
    operation = content.decode(OperationKind(row.kind), row.content, secrets, identity)
    assigned = decode_assigned(row.assigned)
    if assigned:
        operation = completed(operation, assigned)
    place = (row.sequence, Lane(row.lane), operation, row.accepted_at, row.after)
    return Entry(*place, State(row.state), row.attempts, lost, assigned, stored_size(row))


def completed(operation: Operation, assigned: Attributes) -> Operation:
    """The create with the attributes that the bridge gave it."""
    if not isinstance(operation.body, Create):
        raise TypeError("only a create is given values")
    return replace(operation, body=Create({**operation.body.attributes, **assigned}))


def stored_size(row: Row[Any]) -> int:
    return len(row.content) + len(row.sealed or b"")


def _unseal(row: Row[Any], sealer: Sealer) -> tuple[tuple[str, ...], bool]:
    if row.sealed is None:
        return (), False
    try:
        return sealer.unseal(row.sealed_hour, row.sealed, row.id), False
    except UnavailableError:
        # One operation's loss must not keep the others from running.
        return (), True


STATUS_COLUMNS = (
    "sequence, caller, id, connector, kind, content, state, attempts, accepted_at, settled_at, settle_number,"
    " outcome, not_before, assigned"
)


def encode_assigned(assigned: Attributes) -> str:
    return to_json(assigned)


def decode_assigned(text: str | None) -> Attributes:
    return {name: tuple(values) for name, values in json.loads(text).items()} if text else {}


def status(row: Row[Any]) -> OperationStatus:
    """What can be told, from a row of STATUS_COLUMNS."""
    conclusion = Conclusion.decode(row.outcome)
    return OperationStatus(
        sequence=row.sequence,
        id=OperationId(row.id),
        caller=CallerName(row.caller),
        connector=ConnectorName(row.connector),
        kind=OperationKind(row.kind),
        target=_known(content.read_target(row.content), conclusion),
        state=State(row.state),
        attempts=row.attempts,
        accepted_at=moment(row.accepted_at),
        settled_at=moment(row.settled_at) if row.settled_at is not None else None,
        settle_number=row.settle_number and SettleNumber(row.settle_number),
        unchanged=conclusion.unchanged,
        failure=conclusion.failure,
        not_before=moment(row.not_before) if row.not_before is not None else None,
        assigned=decode_assigned(row.assigned),
    )


def status_of(entry: Entry, conclusion: Conclusion, settled_at: float, number: SettleNumber) -> OperationStatus:
    """The same for an entry that has just become final."""
    operation = entry.operation
    return OperationStatus(
        entry.sequence,
        operation.id,
        operation.caller,
        operation.connector,
        operation.kind,
        _known(operation.target, conclusion),
        entry.state,
        entry.attempts,
        moment(entry.accepted_at),
        moment(settled_at),
        number,
        conclusion.unchanged,
        conclusion.failure,
        assigned=entry.assigned,
    )


def pending_status(entry: Entry) -> OperationStatus:
    """What can be told of an entry that has just been accepted."""
    operation = entry.operation
    return OperationStatus(
        entry.sequence,
        operation.id,
        operation.caller,
        operation.connector,
        operation.kind,
        operation.target,
        entry.state,
        entry.attempts,
        moment(entry.accepted_at),
    )


def _known(target: ObjectRef, conclusion: Conclusion) -> ObjectRef:
    """The object as asked for, with what the target said of it since."""
    if conclusion.anchor is None and conclusion.name is None:
        return target
    return ObjectRef(target.object_type, conclusion.anchor or target.anchor, conclusion.name or target.name)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
