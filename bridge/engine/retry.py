"""What follows from an attempt's outcome. Pure.

Called by the executor and the confirm with the outcome; what it decides is committed by `journal.record`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import assert_never

from bridge.journal import Conclusion, Entry, Transition
from bridge.model.errors import AlreadyExistsError, PreconditionError, Scope, by_code
from bridge.model.lifecycle import State
from bridge.model.operations import OperationKind
from bridge.model.outcomes import Applied, Deferred, Failure, Outcome, Rejected, Uncertain, Unchanged

GROWTH = 5
LONGEST_RETRY_AFTER = 3600.0
"""Seconds; a target that asks for a longer pause is asked again after this."""

MOST_READINGS = 20
"""Attempts after which a precondition that fails is not read back any more: it is not we who stand in the way."""

_CONNECTOR_CODES = frozenset(code for code, kind in by_code().items() if kind.scope is Scope.CONNECTOR)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds. The pause grows from `first` to `longest`; an operation older than `max_age` is parked."""

    first: float
    longest: float
    max_age: float


def speaks_of_connector(outcome: Outcome) -> Failure | None:
    """The failure, if it is the connector's and not the object's: only such a one moves the breaker."""
    match outcome:
        case Deferred(failure) | Uncertain(failure) if failure.code in _CONNECTOR_CODES:
            return failure
    return None


def decide(entry: Entry, outcome: Outcome, policy: RetryPolicy, now: float, *, doubted: bool) -> Transition:
    """The next state. `now` is in seconds since 1970; `doubted`: as the claim's."""
    match outcome:
        case Applied(anchor, name):
            return Transition(entry, State.SUCCEEDED, Conclusion(anchor=anchor, name=name))
        case Unchanged(anchor, name):
            return Transition(entry, State.SUCCEEDED, Conclusion(anchor=anchor, name=name, unchanged=True))
        case Rejected(failure, anchor):
            if doubted and _may_be_our_own(entry, failure):
                return Transition(entry, State.UNCERTAIN, Conclusion(failure, anchor))
            return _rejected(entry, failure)
        case Deferred(failure, waits_for):
            if now - entry.accepted_at > policy.max_age:
                return Transition(entry, State.WAITING, Conclusion(failure, waits_for=waits_for), now)
            not_before = now + _pause(entry.attempts, failure, policy)
            return Transition(entry, State.WAITING, Conclusion(failure, waits_for=waits_for), not_before)
        case Uncertain(failure, anchor):
            return Transition(entry, State.UNCERTAIN, Conclusion(failure, anchor))
    assert_never(outcome)


def _may_be_our_own(entry: Entry, failure: Failure) -> bool:
    """Whether our own write, arrived late, may stand in the way: then it is read back before anything else."""
    match failure.code:
        case AlreadyExistsError.code:
            return entry.operation.kind in {OperationKind.CREATE, OperationKind.RENAME}
        case PreconditionError.code:
            return entry.attempts < MOST_READINGS
    return False


def _rejected(entry: Entry, failure: Failure) -> Transition:
    if entry.operation.kind is OperationKind.DELETE and failure.code == "unknown_object":
        return Transition(entry, State.SUCCEEDED, Conclusion(unchanged=True))
    return Transition(entry, State.REJECTED, Conclusion(failure))


def _pause(attempts: int, failure: Failure, policy: RetryPolicy) -> float:
    if failure.retry_after is not None:
        return min(max(failure.retry_after, 0.0), LONGEST_RETRY_AFTER)
    if failure.code in _CONNECTOR_CODES:
        # The breaker spaces these; a pause of the operation's own would only add to it.
        return 0.0
    longest: float = min(policy.longest, policy.first * GROWTH ** min(attempts - 1, 20))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - jitter, not a secret


def outlived(entry: Entry, policy: RetryPolicy, now: float) -> bool:
    """Whether a waiting operation is so old that a person should look at it."""
    return now - entry.accepted_at > policy.max_age
