"""Steps that a person takes with an operation (retry, cancel, release), and the dispatcher's park, checked against its
state in the journal itself.

Called by the writer for the engine. Each step is audited with the name of who took it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bridge.journal import entries
from bridge.journal.entries import Entry
from bridge.journal.transaction import Transaction
from bridge.model import lifecycle
from bridge.model.errors import StepRefusedError, UnknownOperationError
from bridge.model.identity import CallerName, OperationId
from bridge.model.lifecycle import State
from bridge.model.status import OperationStatus
from bridge.telemetry.audit import AuditEvent

_DONE: Final = {
    State.ACCEPTED: "released",
    State.WAITING: "retried",
    State.UNCERTAIN: "retried",
    State.CANCELLED: "cancelled",
}
"""What a person asked for who wanted that state."""

_AT_REST: Final = frozenset({State.ACCEPTED, State.WAITING, State.STAGED, State.PARKED})
"""Only here a person may take a step: a retry of what is at the target would forget that it may have been applied."""

_AT_WORK: Final = "wait for its result (ecma-bridge operations show ID --wait)"
_OVER: Final = "it is final; if the change is still wanted, send it as a new operation with a new id"
_INSTEAD: Final[Mapping[State, str]] = {
    State.ACCEPTED: "its turn comes by itself; what can be done now is cancel",
    State.RUNNING: f"it is at the target; {_AT_WORK}",
    State.WAITING: "what can be done now is retry or cancel",
    State.UNCERTAIN: f"the target is being read back; {_AT_WORK}",
    State.CONFIRMING: f"the target is being read back; {_AT_WORK}",
    State.STAGED: "what can be done now is release or cancel",
    State.PARKED: "what can be done now is retry or cancel",
    State.SUCCEEDED: _OVER,
    State.REJECTED: _OVER,
    State.CANCELLED: _OVER,
}
"""What a person can do with an operation in that state."""


@dataclass(frozen=True, slots=True)
class Step:
    """`caller`'s operation `id` is to become `wanted`; `by` is who asks."""

    caller: CallerName
    id: OperationId
    wanted: State
    by: CallerName


@dataclass(frozen=True, slots=True)
class Stepped:
    """The operation after the step, as told and as the engine handles it."""

    status: OperationStatus
    entry: Entry


def take(transaction: Transaction, step: Step) -> Stepped | StepRefusedError | UnknownOperationError:
    row = transaction.connection.exec_driver_sql(
        "SELECT sequence, state FROM operation WHERE caller = ? AND id = ?", (step.caller, step.id)
    ).one_or_none()
    if row is None:
        return UnknownOperationError(f"caller {step.caller} has no operation {step.id}")
    state = State(row.state)
    possible = step.wanted in lifecycle.TRANSITIONS[state] or step.wanted is state is State.WAITING
    if state not in _AT_REST or not possible:
        return StepRefusedError(
            f"operation {step.id} is {state} and cannot be {_DONE.get(step.wanted, step.wanted)}: {_INSTEAD[state]}"
        )
    return _move(transaction, step, row.sequence)


def _move(transaction: Transaction, step: Step, sequence: int) -> Stepped:
    entry = _select_entry(transaction, sequence)
    final = step.wanted in lifecycle.FINAL
    if final:
        transaction.tail.settle_number += 1
    transaction.connection.exec_driver_sql(
        "UPDATE operation SET state = ?, not_before = ?, settle_number = ?, settled_at = ?,"
        " sealed = iif(?, NULL, sealed) WHERE sequence = ?",
        (
            step.wanted,
            transaction.now if step.wanted is State.WAITING else None,
            transaction.tail.settle_number if final else None,
            transaction.now if final else None,
            final,
            sequence,
        ),
    )
    identity = (step.caller, step.id, entry.operation.connector)
    transaction.audit(AuditEvent.STEPPED, sequence, identity, step.wanted, step.by)
    entry.state = step.wanted
    return Stepped(_select_status(transaction, sequence), entry)


def _select_entry(transaction: Transaction, sequence: int) -> Entry:
    row = transaction.connection.exec_driver_sql(
        f"SELECT {entries.ENTRY_COLUMNS} FROM operation WHERE sequence = ?",
        (sequence,),
    ).one()
    return entries.read([row], transaction.sealer)[0]


def _select_status(transaction: Transaction, sequence: int) -> OperationStatus:
    row = transaction.connection.exec_driver_sql(
        f"SELECT {entries.STATUS_COLUMNS} FROM operation WHERE sequence = ?",
        (sequence,),
    ).one()
    return entries.status(row)
