"""The executor: for each worker, claim a batch, journal its intents, call the target, journal what it came to.

Two loops share one worker instance, so that the journal commits for one batch while the target works on another; the
instance itself still gets one call at a time. Comes before: the dispatcher. Comes next: `host/facade`, then `retry`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from bridge.engine import retry
from bridge.engine.claim import Claim
from bridge.engine.dispatcher import Dispatcher
from bridge.engine.merging import merged
from bridge.engine.numbers import Numbers
from bridge.engine.retry import RetryPolicy
from bridge.host.facade import Facade
from bridge.host.health import Breaker
from bridge.journal import Conclusion, Entry, Journal, Transition
from bridge.model.errors import PermissionDeniedError
from bridge.model.identity import CallerName, ConnectorName
from bridge.model.lifecycle import State
from bridge.model.operations import Attempt, Operation
from bridge.model.outcomes import Deferred, Failure, Outcome, Rejected
from bridge.telemetry.failpoints import CrashPoint, reach

LOOPS_PER_WORKER = 2

Granted = Callable[[CallerName, ConnectorName], bool]
"""Whether that caller may use that connector now."""


_SECRETS_LOST = Rejected(
    Failure("secrets_lost", "its password cannot be read any more, the key is gone; send the operation with a new id")
)


class Executor:
    def __init__(
        self,
        journal: Journal,
        dispatcher: Dispatcher,
        numbers: Numbers,
        breaker: Breaker,
        policy: RetryPolicy,
        batch_size: int,
        granted: Granted,
    ) -> None:
        self._journal = journal
        self._numbers = numbers
        self._dispatcher = dispatcher
        self._breaker = breaker
        self._policy = policy
        self._batch_size = batch_size
        self._granted = granted

    async def run(self, facade: Facade) -> None:
        """One loop. Cancelled, it claims no more, and ends when the attempt that was begun is concluded."""
        while True:
            claims = await self._dispatcher.claim(self._batch_size)
            attempt = asyncio.create_task(self._attempt(facade, claims))
            try:
                await asyncio.shield(attempt)
            except asyncio.CancelledError:
                await attempt
                raise

    async def _attempt(self, facade: Facade, claims: Sequence[Claim]) -> None:
        unsent = await self._unsendable([claim.entry for claim in claims])
        running = await self._intend(claims)
        if not running:
            return
        sent = [claim for claim in running if claim.entry.sequence not in unsent] if unsent else running
        answered = await facade.export([_as_attempt(claim) for claim in sent]) if sent else {}
        reach(CrashPoint.ANSWERED)
        outcomes = [unsent.get(claim.entry.sequence) or answered[claim.entry.operation.id] for claim in running]
        self._tell_breaker(answered.values(), unsent.values())
        now = time.time()
        transitions = [
            each
            for claim, outcome in zip(running, outcomes, strict=True)
            for each in self._decided(claim, outcome, now)
        ]
        await self._dispatcher.conclude(transitions)

    async def _unsendable(self, entries: Sequence[Entry]) -> Mapping[int, Outcome]:
        """What becomes, by sequence, of those that may not be sent, or lack what they would have to be sent with."""
        refused = {entry.sequence: refusal for entry in entries if (refusal := self._refusal(entry)) is not None}
        return {**refused, **await self._numbers.assign([each for each in entries if each.sequence not in refused])}

    def _refusal(self, entry: Entry) -> Rejected | None:
        operation = entry.operation
        if entry.secrets_lost:
            return _SECRETS_LOST
        return None if self._granted(operation.caller, operation.connector) else _no_longer_granted(operation)

    def _decided(self, claim: Claim, outcome: Outcome, now: float) -> list[Transition]:
        if claim.joined and isinstance(outcome, Rejected | Deferred) and not retry.speaks_of_connector(outcome):
            # Nothing was applied, and one of them is why: sent one by one, each gets the answer that is its own.
            return [Transition(entry, State.WAITING, Conclusion(outcome.failure), now) for entry in claim.entries]
        return [retry.decide(entry, outcome, self._policy, now, doubted=claim.doubted) for entry in claim.entries]

    async def _intend(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        entries = [entry for claim in claims for entry in claim.entries]
        granted = await self._journal.intend(entries)
        if len(granted) == len(entries):
            return claims
        kept = {entry.sequence for entry in granted}
        going, dropped = [], []
        for claim in claims:
            left = [entry for entry in claim.entries if entry.sequence in kept]
            if not left:
                dropped.append(claim)
            else:
                going.append(claim if len(left) == len(claim.entries) else self._dispatcher.narrow(claim, left))
        await self._dispatcher.drop(dropped)
        return going

    def _tell_breaker(self, answered: Iterable[Outcome], unsent: Iterable[Outcome]) -> None:
        """Any answer about an object has reached the target; what the bridge itself refuses tells nothing of it."""
        failures = [retry.speaks_of_connector(each) for each in answered]
        if None in failures:
            self._breaker.succeeded(time.time())
            return
        failures += [retry.speaks_of_connector(each) for each in unsent]
        failure = next((each for each in reversed(failures) if each is not None), None)
        if failure is not None:
            self._breaker.failed(failure, time.monotonic(), time.time())


def _no_longer_granted(operation: Operation) -> Rejected:
    message = f"caller {operation.caller} may use connector {operation.connector} no longer"
    return Rejected(PermissionDeniedError(message).failure)


def _as_attempt(claim: Claim) -> Attempt:
    return Attempt(merged(claim.entries), claim.entry.attempts, claim.conditional, claim.observed)
