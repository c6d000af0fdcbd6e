"""Attempts: the intent before a call, and every step that an attempt's outcome makes an operation take.

RUNNING begins at the commit of the intent. Called by the writer for the executor and the confirm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from bridge.journal import lanes
from bridge.journal.entries import Entry, Transition, status_of
from bridge.journal.transaction import Transaction
from bridge.model import lifecycle
from bridge.model.errors import UnavailableError
from bridge.model.identity import SettleNumber
from bridge.model.lifecycle import State
from bridge.model.status import OperationStatus
from bridge.telemetry.audit import AuditEvent

_INTEND = """
UPDATE operation SET state = 'running', attempts = attempts + 1, epoch = {epoch}, not_before = NULL
WHERE sequence IN (SELECT value FROM json_each(?)) AND state IN ('accepted', 'waiting')
"""


def intend(transaction: Transaction, claimed: Sequence[Entry]) -> list[bool]:
    """Journal the intents. False for one that may not be sent, as it was cancelled meanwhile."""
    sequences = [entry.sequence for entry in claimed]
    startable = _startable(transaction, sequences)
    transaction.run(_INTEND.format(epoch=transaction.tail.epoch), sequences)
    return [_start(entry, startable) for entry in claimed]


def _startable(transaction: Transaction, sequences: Sequence[int]) -> set[int]:
    """Asked before the intents are written: one that runs already was not started by this call."""
    found = transaction.connection.exec_driver_sql(
        "SELECT json_group_array(sequence) FROM operation WHERE state IN ('accepted', 'waiting')"
        " AND sequence IN (SELECT value FROM json_each(?))",
        (json.dumps(sequences),),
    ).scalar_one()
    return set(json.loads(found))


def _start(entry: Entry, startable: set[int]) -> bool:
    if entry.sequence not in startable:
        return False
    startable.remove(entry.sequence)
    entry.state = State.RUNNING
    entry.attempts += 1
    return True


def record(transaction: Transaction, transitions: Sequence[Transition]) -> list[OperationStatus | None]:
    """Journal the steps; gives a status for each that became final, None for each other."""
    for each in transitions:
        lifecycle.check(each.entry.operation.id, each.entry.state, each.state)
    _store(transaction, _MOVE, [each for each in transitions if each.state not in lifecycle.FINAL])
    settled = iter(_settle(transaction, [each for each in transitions if each.state in lifecycle.FINAL]))
    return [next(settled) if each.state in lifecycle.FINAL else None for each in transitions]


_MOVE = """
UPDATE operation SET state = step.value->>1, outcome = step.value->>2, not_before = step.value->>3
FROM json_each(?) AS step WHERE operation.sequence = step.value->>0 AND settle_number IS NULL
"""

_SETTLE = """
UPDATE operation SET state = step.value->>1, outcome = step.value->>2, not_before = NULL, sealed = NULL,
                     sealed_hour = NULL, settle_number = step.value->>4, settled_at = step.value->>5
FROM json_each(?) AS step WHERE operation.sequence = step.value->>0 AND settle_number IS NULL
"""


def _settle(transaction: Transaction, transitions: Sequence[Transition]) -> list[OperationStatus]:
    first = transaction.tail.settle_number + 1
    _store(transaction, _SETTLE, transitions)
    _learn_anchors(transaction, transitions)
    return [
        status_of(each.entry, each.conclusion, transaction.now, SettleNumber(number))
        for number, each in enumerate(transitions, start=first)
    ]


def _store(transaction: Transaction, statement: str, transitions: Sequence[Transition]) -> None:
    if not transitions:
        return
    rows = [_row(transaction, each) for each in transitions]
    if transaction.run(statement, rows) != len(rows):
        raise UnavailableError("the journal and the engine disagree about an operation's state")
    for each in transitions:
        _audit(transaction, each)
        each.entry.state = each.state


def _row(transaction: Transaction, each: Transition) -> tuple[object, ...]:
    row = (each.entry.sequence, each.state, each.conclusion.encode(), each.not_before)
    if each.state not in lifecycle.FINAL:
        return row
    transaction.tail.settle_number += 1
    return (*row, transaction.tail.settle_number, transaction.now)


_AUDITED = {State.PARKED: AuditEvent.PARKED, State.UNCERTAIN: AuditEvent.DOUBTED}


def _audit(transaction: Transaction, each: Transition) -> None:
    event = AuditEvent.SETTLED if each.state in lifecycle.FINAL else _AUDITED.get(each.state)
    still_in_doubt = each.state is State.UNCERTAIN and each.entry.state is State.CONFIRMING
    if event is None or still_in_doubt:  # told once: a target that is down for days would fill the trail
        return
    operation = each.entry.operation
    failure = each.conclusion.failure
    identity = (operation.caller, operation.id, operation.connector)
    transaction.audit(event, each.entry.sequence, identity, each.state, failure.code if failure else None)


def _learn_anchors(transaction: Transaction, transitions: Sequence[Transition]) -> None:
    aliases = {}
    for each in transitions:
        operation, anchor = each.entry.operation, each.conclusion.anchor
        if anchor is not None and anchor != operation.target.anchor:
            key = lanes.anchor_key(operation.connector, operation.target.object_type, anchor)
            aliases[key] = each.entry.lane
    if aliases:
        lanes.add_anchors(transaction.connection, aliases)
