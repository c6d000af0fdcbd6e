"""What the bridge said of each operation, and whether that was right. Filled by `scenario`, shown by `report`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bridge.client import Accepted, Paused, Refused, Settled, StreamEvent
from bridge.model.identity import OperationId
from bridge.model.lifecycle import State
from bridge.model.operations import OperationKind


@dataclass(frozen=True, slots=True)
class Answer:
    """The last word on one operation. `code` and `message` tell why it was turned down."""

    succeeded: bool
    attempts: int = 0
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Crash:
    """The SIGKILL: after how many results, what the journal had of each operation then, and the seconds to answer."""

    after: int
    journaled: Mapping[OperationId, State]
    restart_seconds: float

    @property
    def in_doubt(self) -> frozenset[OperationId]:
        """Those whose call to the target was under way."""
        return frozenset(each for each, state in self.journaled.items() if state in {State.RUNNING, State.CONFIRMING})


@dataclass(slots=True)
class Tally:
    """`kinds` has every operation that is asked for, `turned_down` those that must fail, with the error's code."""

    kinds: Mapping[OperationId, OperationKind]
    turned_down: Mapping[OperationId, str]
    answers: dict[OperationId, Answer] = field(default_factory=dict)
    crash: Crash | None = None
    seconds: float = 0.0

    def hear(self, event: StreamEvent) -> None:
        match event:
            case Accepted() | Paused():
                pass
            case Refused(operation, error):
                self.answers[operation] = Answer(succeeded=False, code=error.failure.code, message=error.message)
            case Settled(status):
                self.answers[status.id] = Answer(
                    status.state is State.SUCCEEDED,
                    status.attempts,
                    status.failure.code if status.failure else "",
                    status.failure.message if status.failure else "",
                )

    def problems(self, journaled: Mapping[OperationId, State]) -> Iterator[str]:
        """Every answer that is not the one that had to come. The journal tells where an operation without one is."""
        for operation in self.kinds:
            answer = self.answers.get(operation)
            wanted = self.turned_down.get(operation, "")
            if answer is None:
                yield f"{operation} has no result; in the journal it is {journaled.get(operation, 'not')}"
            elif answer.code != wanted or answer.succeeded is bool(wanted):
                told = f"{answer.code}: {answer.message}" if answer.code else "success"
                yield f"{operation} had to {f'fail: {wanted}' if wanted else 'succeed'}; the answer is {told}"

    def counts(self) -> Mapping[OperationKind, Counter[str]]:
        """For each kind: asked, succeeded, turned down."""
        counted = {kind: Counter[str]() for kind in OperationKind if kind in self.kinds.values()}
        for operation, kind in self.kinds.items():
            answer = self.answers.get(operation)
            counted[kind]["asked"] += 1
            if answer is not None:
                counted[kind]["succeeded" if answer.succeeded else "turned down"] += 1
        return counted
