"""The states of an operation and the transitions between them, as data.

RUNNING starts at the commit of the intent. A crash in RUNNING leads to UNCERTAIN, never back to ACCEPTED: that is
the difference between a provisioning journal and a job queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    ACCEPTED = "accepted"
    RUNNING = "running"
    WAITING = "waiting"
    UNCERTAIN = "uncertain"
    CONFIRMING = "confirming"
    STAGED = "staged"
    PARKED = "parked"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.ACCEPTED: frozenset({State.RUNNING, State.CANCELLED}),
    State.STAGED: frozenset({State.ACCEPTED, State.CANCELLED}),
    State.RUNNING: frozenset({State.SUCCEEDED, State.REJECTED, State.WAITING, State.UNCERTAIN}),
    State.WAITING: frozenset({State.RUNNING, State.CANCELLED, State.PARKED}),
    State.UNCERTAIN: frozenset({State.CONFIRMING, State.PARKED}),
    State.CONFIRMING: frozenset(
        {State.SUCCEEDED, State.WAITING, State.REJECTED, State.PARKED, State.UNCERTAIN},
    ),
    State.PARKED: frozenset({State.WAITING, State.UNCERTAIN, State.CANCELLED}),
    State.SUCCEEDED: frozenset(),
    State.REJECTED: frozenset(),
    State.CANCELLED: frozenset(),
}

FINAL: Final = frozenset(state for state, following in TRANSITIONS.items() if not following)


class IllegalTransitionError(Exception):
    """A step that the table does not allow; says from where, to where, and what would be allowed."""

    def __init__(self, operation: str, current: State, wanted: State) -> None:
        allowed = ", ".join(sorted(TRANSITIONS[current])) or "none, it is final"
        super().__init__(f"operation {operation} is {current} and cannot become {wanted}; allowed: {allowed}")
        self.current = current
        self.wanted = wanted


def check(operation: str, current: State, wanted: State) -> None:
    """Raise IllegalTransitionError unless the table allows the step."""
    if wanted not in TRANSITIONS[current]:
        raise IllegalTransitionError(operation, current, wanted)
