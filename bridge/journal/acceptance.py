"""Acceptance: puts operations on disk, once each, in their lanes. After the commit they may be acknowledged.

Called by the writer with everything that waits. De-duplication key: (caller, operation id). The same id with the same
content joins the operation that is there; with another content it is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.journal import content, entries, lanes
from bridge.journal.entries import Entry
from bridge.journal.lanes import Place
from bridge.journal.transaction import Transaction
from bridge.model.errors import OperationReusedError
from bridge.model.identity import CallerName, Lane, ObjectRef, OperationId
from bridge.model.operations import Operation, OperationKind
from bridge.model.status import OperationStatus
from bridge.telemetry.audit import AuditEvent

Accepted = Entry | OperationStatus | OperationReusedError
"""A new entry, or the operation that was there before, or the refusal of an id used for another content."""

Identity = tuple[CallerName, OperationId]

_NAMING = frozenset({OperationKind.CREATE, OperationKind.RENAME})


@dataclass(frozen=True, slots=True)
class Draft:
    """An operation to accept. `known` is its object as the target told it, if the bridge had not seen it before."""

    operation: Operation
    known: ObjectRef | None = None


@dataclass(slots=True)
class _Prepared:
    draft: Draft
    text: str
    secrets: tuple[str, ...]
    fingerprint: str


def append(transaction: Transaction, drafts: Sequence[Draft]) -> list[Accepted]:
    """One answer for each draft, in their order."""
    prepared = [_prepare(transaction, draft) for draft in drafts]
    present = _present(transaction, prepared)
    fresh: dict[Identity, _Prepared] = {}
    for each in prepared:
        identity = _identity(each)
        if identity not in present:
            fresh.setdefault(identity, each)
    added = _add(transaction, list(fresh.values()))
    return [_answer(transaction, each, present, fresh, added) for each in prepared]


def _prepare(transaction: Transaction, draft: Draft) -> _Prepared:
    operation = draft.operation
    text, secrets = content.encode(operation)
    kind_and_text = f"{operation.connector}\0{operation.kind}\0{text}"
    return _Prepared(draft, text, secrets, transaction.sealer.fingerprint(kind_and_text, secrets))


def _identity(each: _Prepared) -> Identity:
    return each.draft.operation.caller, each.draft.operation.id


def _present(transaction: Transaction, prepared: Sequence[_Prepared]) -> dict[Identity, tuple[int, str]]:
    """Sequence and fingerprint of those that were accepted before. One row: each row costs a hand-over of the GIL."""
    found = transaction.connection.exec_driver_sql(
        "SELECT json_group_array(json_array(o.caller, o.id, o.sequence, o.fingerprint)) FROM json_each(?) AS each"
        " CROSS JOIN operation AS o ON o.caller = each.value->>0 AND o.id = each.value->>1",
        (json.dumps([_identity(each) for each in prepared]),),
    ).scalar_one()
    return {(caller, id_): (sequence, print_) for caller, id_, sequence, print_ in json.loads(found)}


def _add(transaction: Transaction, fresh: Sequence[_Prepared]) -> dict[Identity, Entry]:
    if not fresh:
        return {}
    spoken = [lanes.aliases_of(each.draft.operation, each.draft.known) for each in fresh]
    resolver = lanes.Resolver(transaction.connection, spoken, transaction.tail.lane)
    added: dict[Identity, Entry] = {}
    earlier = _Earlier()
    rows = []
    for each, aliases in zip(fresh, spoken, strict=True):
        entry = _enter(transaction, each, resolver.resolve(aliases), earlier)
        earlier.note(entry)
        added[_identity(each)] = entry
        rows.append(_row(transaction, each, entry))
        _audit(transaction, each, entry)
    transaction.tail.lane = resolver.next_lane
    lanes.write(transaction.connection, resolver.written)
    transaction.insert(_INTO, rows)
    return added


class _Earlier:
    """The newest operation of each lane in this transaction: of all, and of those that give an object its name."""

    def __init__(self) -> None:
        self.any: dict[Lane, int] = {}
        self.naming: dict[Lane, int] = {}

    def note(self, entry: Entry) -> None:
        self.any[entry.lane] = entry.sequence
        if entry.operation.kind in _NAMING:
            self.naming[entry.lane] = entry.sequence


def _enter(transaction: Transaction, each: _Prepared, place: Place, earlier: _Earlier) -> Entry:
    transaction.tail.sequence += 1
    waits_for = [
        *_open(transaction, place.former, "", earlier.any),
        *_open(transaction, place.named, " AND kind IN ('create', 'rename')", earlier.naming),
    ]
    size = len(each.text) + sum(map(len, each.secrets))
    after = max(waits_for, default=None)
    return Entry(transaction.tail.sequence, place.lane, each.draft.operation, transaction.now, after, size=size)


def _open(transaction: Transaction, lanes_: set[Lane], which: str, earlier: Mapping[Lane, int]) -> list[int]:
    """The newest open operations of those lanes: in the journal, and earlier in this transaction."""
    if not lanes_:
        return []
    stored = transaction.connection.exec_driver_sql(
        "SELECT max(sequence) FROM operation WHERE settle_number IS NULL"
        f" AND lane IN (SELECT value FROM json_each(?)){which}",
        (json.dumps(sorted(lanes_)),),
    ).scalar()
    here = [earlier[lane] for lane in lanes_ if lane in earlier]
    return here if stored is None else [*here, stored]


_INTO = (
    "operation (sequence, caller, id, fingerprint, connector, kind, lane, after, content, sealed_hour, sealed,"
    " accepted_at, state)"
)


def _row(transaction: Transaction, each: _Prepared, entry: Entry) -> tuple[object, ...]:
    operation = each.draft.operation
    hour, sealed = (
        transaction.sealer.seal(each.secrets, operation.id, transaction.now) if each.secrets else (None, None)
    )
    return (
        entry.sequence,
        operation.caller,
        operation.id,
        each.fingerprint,
        operation.connector,
        operation.kind.value,
        entry.lane,
        entry.after,
        each.text,
        hour,
        sealed,
        transaction.now,
        entry.state.value,
    )


def _audit(transaction: Transaction, each: _Prepared, entry: Entry) -> None:
    operation = each.draft.operation
    identity = (operation.caller, operation.id, operation.connector)
    checksum = content_checksum(each.text)
    transaction.audit(AuditEvent.ACCEPTED, entry.sequence, identity, operation.kind, checksum)


def content_checksum(text: str) -> str:
    """Stands in the audit record, so that a flipped bit in a stored content is found."""
    return hashlib.sha256(text.encode()).hexdigest()


def _answer(
    transaction: Transaction,
    each: _Prepared,
    present: dict[Identity, tuple[int, str]],
    fresh: dict[Identity, _Prepared],
    added: dict[Identity, Entry],
) -> Accepted:
    identity = _identity(each)
    first = fresh.get(identity)
    if first is each:
        return added[identity]
    if first is not None:
        return entries.pending_status(added[identity]) if first.fingerprint == each.fingerprint else _reused(each)
    sequence, fingerprint = present[identity]
    if fingerprint != each.fingerprint:
        return _reused(each)
    row = transaction.connection.exec_driver_sql(
        f"SELECT {entries.STATUS_COLUMNS} FROM operation WHERE sequence = ?",
        (sequence,),
    ).one()
    return entries.status(row)


def _reused(each: _Prepared) -> OperationReusedError:
    return OperationReusedError(
        f"operation id {each.draft.operation.id} was used before for another content; make a new id"
    )
