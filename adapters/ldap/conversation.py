"""Runs the plans of a batch side by side: each round, the next requests of all of them are one exchange.

Called by `adapter`. A plan whose answers were lost gets the error raised at its yield; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar, cast

from adapters.ldap.decoding import Response
from adapters.ldap.encoding import Request
from adapters.ldap.lookup import Plan
from adapters.ldap.pipeline import Answer
from bridge.sdk import BridgeError, translate

KeyT = TypeVar("KeyT")
T = TypeVar("T")


class Exchange(Protocol):
    """Sends requests and collects their answers, in their order."""

    def __call__(self, requests: Sequence[Request]) -> Sequence[Answer]: ...


class _Running(Generic[T]):
    """One plan: what it asks next, or what it came to."""

    def __init__(self, plan: Plan[T]) -> None:
        self._plan = plan
        self.requests: Sequence[Request] = ()
        self.result: T | BridgeError | None = None
        self._step(lambda: next(plan))

    def go_on(self, answers: Sequence[Answer]) -> None:
        lost = next((each for each in answers if isinstance(each, BridgeError)), None)
        if lost is None:
            self._step(lambda: self._plan.send(cast("Sequence[Response]", answers)))
        else:
            self.fail(lost)

    def fail(self, error: BridgeError) -> None:
        self._step(lambda: self._plan.throw(error))

    def _step(self, step: Callable[[], Sequence[Request]]) -> None:
        self.requests = ()
        try:
            self.requests = step()
        except StopIteration as finished:
            self.result = finished.value
        except Exception as error:  # noqa: BLE001 - one bad operation never sinks the others; the SDK names the class
            self.result = translate(error, ())


def run(plans: Mapping[KeyT, Plan[T]], exchange: Exchange) -> dict[KeyT, T | BridgeError]:
    """What each plan came to: its result or its error."""
    running = {key: _Running(plan) for key, plan in plans.items()}
    while active := [each for each in running.values() if each.requests]:
        try:
            answers = exchange([request for each in active for request in each.requests])
        except BridgeError as error:
            # No connection: nothing of this round was sent.
            for each in active:
                each.fail(error)
            continue
        position = 0
        for each in active:
            following = position + len(each.requests)
            each.go_on(answers[position:following])
            position = following
    return {key: cast("T | BridgeError", each.result) for key, each in running.items()}
