"""The dispatcher of one connector: gives operations out to workers in batches, at most one of a lane, and takes what
they came to back in.

Claims live in memory only. What is accepted is offered here after its commit; what does not fit into memory is read
from the journal when there is room. Called by intake (`offer`), the executor (`claim`, `conclude`), the confirm and
the steps. Comes next: the executor.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from bridge.engine.again import Again
from bridge.engine.backlog import LANE_WINDOW, LONG_LANE_WINDOW, Backlog
from bridge.engine.behind import Behind
from bridge.engine.claim import Claim
from bridge.engine.given_out import GivenOut
from bridge.engine.lines import Lines
from bridge.engine.retries import Retries
from bridge.engine.retry import RetryPolicy, outlived
from bridge.engine.settlements import Settlements
from bridge.engine.waits import Waits
from bridge.host.health import Breaker
from bridge.journal import Entry, Held, Journal, Step, Stepped, Transition
from bridge.model import lifecycle
from bridge.model.errors import StepRefusedError
from bridge.model.identity import CallerName, ConnectorName, Lane, ObjectRef, OperationId
from bridge.model.lifecycle import State
from bridge.model.operations import OperationKind
from bridge.telemetry.failpoints import CrashPoint, reach

DUE_AT_ONCE = 512
READ_AT_ONCE = 1024
BATCH_BYTES = 8 * 1024 * 1024
"""Of stored content, with which a batch ends."""
PARKED_BY = CallerName("bridge")
"""Who the audit trail says parked an operation that outlived its time."""


class Dispatcher:
    """`doubt` gets operations that became UNCERTAIN, and since when at the latest: the confirm's queue. `joined`: most
    operations of one call."""

    def __init__(
        self,
        connector: ConnectorName,
        journal: Journal,
        breaker: Breaker,
        policy: RetryPolicy,
        settlements: Settlements,
        doubt: Callable[[int, float], None],
        joined: int,
    ) -> None:
        self._connector = connector
        self._journal = journal
        self._breaker = breaker
        self._policy = policy
        self._settlements = settlements
        self._doubt = doubt
        self._lane_window = max(LANE_WINDOW, min(joined, LONG_LANE_WINDOW))
        self._backlog = Backlog(lane_window=self._lane_window, joined=joined)
        self._waits = Waits(connector)
        self._retries = Retries(connector, policy)
        self._again = Again()
        self._behind = Behind()
        self._lines = Lines()
        self._given_out = GivenOut()
        self._claimable = asyncio.Event()
        self._stirred = asyncio.Event()

    async def recover(self) -> None:
        """Take up what the journal holds open; what a crash left running is in doubt already."""
        for held in await self._journal.history.held(self._connector):
            self._lines.join(held, time.monotonic())
        for lane in self._lines.lanes():
            self._hold_next(lane)

    def _hold_next(self, lane: Lane) -> bool:
        first = self._lines.next(lane)
        if first is None:
            return False
        self._hold(*first)
        return True

    def _hold(self, held: Held, since: float) -> None:
        self._backlog.hold(held.lane, held.sequence)
        if held.state in {State.WAITING, State.ACCEPTED}:
            pause = min(max(0.0, (held.not_before or 0.0) - time.time()), self._policy.longest)
            self._waits.rest(held.sequence, time.monotonic() + pause, held.waits_for)
        elif held.state in {State.UNCERTAIN, State.CONFIRMING}:
            self._doubt(held.sequence, since)

    # Operations in.

    def offer(self, entries: Sequence[Entry]) -> None:
        """Operations that were just accepted, in order."""
        reach(CrashPoint.ACKNOWLEDGED)
        for entry in entries:
            self._backlog.offer(entry)
        self._claimable.set()

    async def run(self) -> None:
        """Read from the journal what memory has room for, and what is due. Runs until cancelled."""
        while True:
            self._stirred.clear()
            await self._read_backlog()
            await self._read_lanes()
            await self._read_due()
            await self._check_behind()
            if self._again or self._backlog.ready:
                self._claimable.set()
            await wait(self._stirred, None if self._again.is_full else self._waits.next_time())

    async def _read_backlog(self) -> None:
        while self._backlog.wants_refill():
            wanted = min(self._backlog.room(), READ_AT_ONCE)
            tip, after = self._backlog.tip, self._backlog.read_after or 0
            found = await self._journal.history.ready_after(self._connector, after, wanted)
            self._backlog.refill(found.entries, len(found.entries) if found.cut else wanted, tip)
            self._claimable.set()

    async def _read_lanes(self) -> None:
        while wanted := self._backlog.wanting():
            found = await self._journal.history.next_in_lanes(wanted, self._lane_window)
            self._backlog.continue_lanes(wanted, found.entries, 0 if found.cut else self._lane_window)
            self._claimable.set()

    async def _read_due(self) -> None:
        while not self._again.is_full and (due := self._waits.due(time.monotonic(), DUE_AT_ONCE)):
            entries, cut = await self._journal.history.load(due)
            if cut:
                for sequence in (each for each in due if each > entries[-1].sequence):
                    self._waits.rest(sequence, time.monotonic(), None)
            now = time.time()
            await self._park([entry for entry in entries if outlived(entry, self._policy, now)])
            self._give_again(Claim(entry) for entry in entries if not outlived(entry, self._policy, now))

    def _give_again(self, claims: Iterable[Claim]) -> None:
        """An operation that is given out, or is about to be, is not given out a second time."""
        for claim in claims:
            if claim.entry.sequence not in self._given_out:
                self._again.put(claim)

    async def _park(self, old: Sequence[Entry]) -> None:
        """What has failed for too long needs a person; its last failure tells why. A step as a person's, since one may
        have cancelled it meanwhile."""
        for entry in old:
            step = Step(entry.operation.caller, entry.operation.id, State.PARKED, PARKED_BY)
            with contextlib.suppress(StepRefusedError):
                await self._journal.step(step, self.stepped)

    async def _check_behind(self) -> None:
        if awaited := set(self._behind.awaited):
            for sequence in awaited - await self._journal.history.still_open(awaited):
                self._give_again(self._behind.let_pass(sequence))

    # Operations out.

    async def claim(self, limit: int) -> list[Claim]:
        """At least one operation, at most `limit`, of different lanes, as soon as the breaker allows."""
        while True:
            self._claimable.clear()
            allowed = min(limit, self._breaker.allowance(len(self._given_out), time.monotonic()))
            if self._given_out.is_full:
                allowed = 0
            claims = self._take(allowed) if allowed else []
            if claims:
                self._given_out.add(entry for claim in claims for entry in claim.entries)
                reach(CrashPoint.CLAIMED)
                return claims
            resting = not allowed and not self._given_out
            await wait(self._claimable, self._breaker.opens_at() if resting else None)

    def _take(self, limit: int) -> list[Claim]:
        out = self._again.take(limit, BATCH_BYTES)
        if out:
            self._stirred.set()
        left = BATCH_BYTES - sum(claim.size for claim in out)
        out += [Claim(first, joined=tuple(more)) for first, *more in self._backlog.take(limit - len(out), left)]
        claims: dict[OperationId, Claim] = {}
        for claim in out:
            if claim.entry.after is not None:
                self._behind.put(claim.entry.after, claim)
                self._stirred.set()
            elif claim.entry.operation.id in claims:
                # Ids are unique among one caller's only, and the outcomes of a batch are told apart by them.
                self._give_again([claim])
                self._claimable.set()
            else:
                claims[claim.entry.operation.id] = claim
        if self._backlog.wants_refill() or self._backlog.wants_lanes():
            self._stirred.set()
        return list(claims.values())

    # What they came to.

    async def conclude(
        self, transitions: Sequence[Transition], again: Mapping[int, Claim] = MappingProxyType({})
    ) -> None:
        """Journal what operations came to, then let their lanes go on, rest or be confirmed.

        `again` has, by sequence, the claims for those that a confirm sends again.
        """
        settled = await self._journal.record(transitions)
        self._given_out.take_back(transition.entry for transition in transitions)
        for transition in transitions:
            self._route(transition, again)
        self._retries.concluded(transitions)
        reach(CrashPoint.SETTLED)
        self._settlements.tell(settled)
        self._claimable.set()

    def narrow(self, claim: Claim, granted: Sequence[Entry]) -> Claim:
        """The same claim without those that a person cancelled before their intent; they are final."""
        kept = {entry.sequence for entry in granted}
        self._given_out.take_back(entry for entry in claim.entries if entry.sequence not in kept)
        first, *joined = granted
        self._backlog.hand_over(first.lane, first.sequence)
        return Claim(first, joined=tuple(joined))

    async def drop(self, claims: Sequence[Claim]) -> None:
        """Claims without an intent: the lanes go on of those that are final, as a person cancelled them meanwhile."""
        # First: what is cancelled while the journal is asked is then not out, and lets its lane go on by itself.
        self._given_out.take_back(entry for claim in claims for entry in claim.entries)
        still_open = await self._journal.history.still_open([claim.entry.sequence for claim in claims])
        for claim in claims:
            if claim.entry.sequence not in still_open:
                self._finish(claim.entry)
        self._claimable.set()

    def _route(self, transition: Transition, again: Mapping[int, Claim]) -> None:
        entry, state = transition.entry, transition.state
        if state in lifecycle.FINAL:
            self._finish(entry)
            if state is State.SUCCEEDED and entry.operation.kind in {OperationKind.CREATE, OperationKind.RENAME}:
                self._arrived(transition)
            return
        if not self._backlog.is_out(entry.lane, entry.sequence):
            # It went out together with the one before, and comes behind that again, by itself.
            held = Held(entry.sequence, entry.lane, state, transition.not_before, transition.conclusion.waits_for)
            self._lines.join(held, time.monotonic())
            return
        now = time.time()
        if state is State.WAITING and (transition.not_before or 0.0) <= now and not outlived(entry, self._policy, now):
            self._give_again([again.get(entry.sequence) or Claim(entry)])
            return
        self._backlog.hold(entry.lane, entry.sequence)
        if state is State.WAITING:
            self._rest(transition)
        elif state is State.UNCERTAIN:
            self._doubt(entry.sequence, time.monotonic())

    def _rest(self, transition: Transition) -> None:
        pause = max(0.0, (transition.not_before or 0.0) - time.time())
        until = time.monotonic() + pause
        self._waits.rest(transition.entry.sequence, until, transition.conclusion.waits_for)
        self._stirred.set()

    def _finish(self, entry: Entry) -> None:
        """It is final. Told a second time (a step and an attempt may both tell) the lane has gone on already."""
        if self._backlog.is_out(entry.lane, entry.sequence) and not self._hold_next(entry.lane):
            self._backlog.finish(entry.lane)
        self._give_again(self._behind.let_pass(entry.sequence))
        self._stirred.set()

    def _arrived(self, transition: Transition) -> None:
        target, found = transition.entry.operation.target, transition.conclusion
        names = {target.name, found.name, getattr(transition.entry.operation.body, "new_name", None)} - {None}
        for name in names or {None}:
            there = ObjectRef(target.object_type, found.anchor or target.anchor, name)
            self._waits.arrived(there, time.monotonic())

    # Steps that a person took; the journal has them already.

    def stepped(self, stepped: Stepped) -> None:
        """Called in the order of the commits."""
        entry = stepped.entry
        self._waits.forget(entry.sequence)
        in_line = self._lines.update(entry)
        if entry.state in {State.CANCELLED, State.PARKED}:
            self._retries.ended(entry.sequence)
        if entry.state is State.CANCELLED:
            # Where it waits in memory, or goes together with others, its turn comes still: no intent can be written
            # for it, and `drop` or `narrow` lets it go.
            if entry.sequence not in self._given_out and self._again.withdraw(entry.sequence):
                self._finish(entry)
            self._settlements.tell([stepped.status])
        elif in_line:
            return
        elif entry.state is State.UNCERTAIN:
            self._doubt(entry.sequence, time.monotonic())
        elif entry.state in {State.WAITING, State.ACCEPTED}:
            self._give_again([Claim(entry)])
        self._claimable.set()

    def lifted(self) -> None:
        """The breaker's hold was lifted."""
        self._claimable.set()


async def wait(event: asyncio.Event, until: float | None) -> None:
    """Until the event is set, or the monotonic time has come."""
    if until is None:
        await event.wait()
        return
    try:
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            await event.wait()
    except TimeoutError:
        return
