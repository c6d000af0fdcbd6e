"""The confirm: settles operations in doubt by reading the target back. Never a blind re-send.

It waits until the old call can no longer take effect (`settle_seconds`), then asks: the marker in the target's own
transaction, or the object itself (`judge`). Where neither can tell, a person decides. Comes before: the executor, or
a crash. Comes next: SUCCEEDED, or WAITING for a re-send that is conditional where the adapter offers it.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Sequence
from dataclasses import replace

from bridge.engine.claim import Claim
from bridge.engine.dispatcher import Dispatcher, wait
from bridge.engine.judge import Known, Verdict, judge
from bridge.host.catalog import HostedConnector
from bridge.journal import Conclusion, Entry, Journal, Transition
from bridge.model.capabilities import Replay
from bridge.model.errors import AlreadyExistsError, BridgeError, Disposition, Scope
from bridge.model.identity import CallerName, Name, ObjectRef, unescaped
from bridge.model.lifecycle import State
from bridge.model.objects import TargetObject
from bridge.model.operations import Rename
from bridge.model.outcomes import Applied, Failure

AT_ONCE = 256

IN_DOUBT = "in_doubt"
NOT_APPLIED = "not_applied"
"""Codes of failures: a person has to look, and read back and found missing."""

Result = tuple[Transition, Claim | None]
"""What a confirm came to, and the claim of what is to be sent again."""


class Confirm:
    """One for each connector. `doubt` may be called from the moment it is made."""

    def __init__(self, journal: Journal, connector: HostedConnector) -> None:
        self._journal = journal
        self._connector = connector
        self._doubts: list[tuple[float, int]] = []
        """A heap: when (monotonic) to read back which operation."""
        self._unread: dict[int, int] = {}
        """How often in a row an operation could not be read back."""
        self._arrived = asyncio.Event()

    def doubt(self, sequence: int, since: float) -> None:
        """That operation is UNCERTAIN in the journal; its last call was given up at `since`, monotonic, or before."""
        due = since + self._connector.settings.settle_seconds + self._pause(sequence)
        heapq.heappush(self._doubts, (due, sequence))
        self._arrived.set()

    def _pause(self, sequence: int) -> float:
        """What could not be read is read no sooner again than a failed write is sent, then ever later."""
        failed, settings = self._unread.get(sequence, 0), self._connector.settings
        if not failed:
            return 0.0
        return min(settings.canary_seconds, settings.retry_first_seconds * float(2 ** min(failed - 1, 20)))

    async def run(self, dispatcher: Dispatcher) -> None:
        """Runs until cancelled."""
        while True:
            due = await self._next_due()
            entries, cut = await self._journal.history.load(due)
            if cut:
                for sequence in (each for each in due if each > entries[-1].sequence):
                    heapq.heappush(self._doubts, (time.monotonic(), sequence))
            await self._journal.record([_step(entry, State.CONFIRMING) for entry in entries])
            await self._confirm(dispatcher, entries)

    async def _next_due(self) -> list[int]:
        while not self._doubts or self._doubts[0][0] > time.monotonic():
            self._arrived.clear()
            await wait(self._arrived, self._doubts[0][0] if self._doubts else None)
        due: list[int] = []
        while self._doubts and self._doubts[0][0] <= time.monotonic() and len(due) < AT_ONCE:
            due.append(heapq.heappop(self._doubts)[1])
        return due

    async def _confirm(self, dispatcher: Dispatcher, entries: Sequence[Entry]) -> None:
        await self._connector.quiet()
        results: dict[int, Result] = {}
        try:
            await self._read_back(entries, results)
        except BridgeError as error:
            # The target cannot be read: the others would only fail alike, each after a deadline of its own.
            results |= {each.sequence: (_unread(each, error), None) for each in entries if each.sequence not in results}
        for sequence, (transition, _) in results.items():
            failed = self._unread.pop(sequence, 0)
            if transition.state is State.UNCERTAIN:
                self._unread[sequence] = failed + 1
        again = {sequence: claim for sequence, (_, claim) in results.items() if claim is not None}
        await dispatcher.conclude([transition for transition, _ in results.values()], again)

    async def _read_back(self, entries: Sequence[Entry], results: dict[int, Result]) -> None:
        """Fills `results`, by sequence, until all are there or the target cannot be read."""
        marked = [entry for entry in entries if self._replay(entry) is Replay.MARKER]
        for caller in {entry.operation.caller for entry in marked}:
            results |= await self._by_marker(caller, [each for each in marked if each.operation.caller == caller])
        for entry in entries:
            if entry.sequence not in results:
                results[entry.sequence] = await self._by_reading(entry)

    def _replay(self, entry: Entry) -> Replay:
        return self._connector.capabilities.replay.get(entry.operation.kind, Replay.AT_MOST_ONCE)

    async def _by_marker(self, caller: CallerName, entries: Sequence[Entry]) -> dict[int, Result]:
        applied = await self._connector.reader.applied(caller, [entry.operation.id for entry in entries])
        return {
            entry.sequence: _send_again(Claim(entry))
            if (found := applied.get(entry.operation.id)) is None
            else (_succeeded(entry, found), None)
            for entry in entries
        }

    async def _by_reading(self, entry: Entry) -> Result:
        replay = self._replay(entry)
        if replay is Replay.AT_MOST_ONCE:
            return _parked(entry, "the target cannot tell whether it was applied; look, then retry or cancel"), None
        try:
            known = await self._known(entry)
            observed = await self._observe(entry)
        except AlreadyExistsError as error:
            return _step(entry, State.REJECTED, error.failure), None
        except BridgeError as error:
            if error.scope is Scope.CONNECTOR:
                raise
            if error.disposition is Disposition.REJECT:
                return _parked(entry, f"it cannot be read back ({error.message}); look, then retry or cancel"), None
            return _unread(entry, error), None
        return _judged(entry, observed, known, replay)

    async def _known(self, entry: Entry) -> Known:
        found = (await self._connector.schema()).object_types.get(entry.operation.target.object_type)
        return found.attributes if found is not None else {}

    async def _observe(self, entry: Entry) -> TargetObject | None:
        target, body = entry.operation.target, entry.operation.body
        if isinstance(body, Rename):
            return await self._observe_renamed(target, body.new_name)
        return await self._connector.reader.get(target)

    async def _observe_renamed(self, target: ObjectRef, new_name: Name) -> TargetObject | None:
        """The object, its name in the caller's spelling: that two spellings are one name, only the target can say.

        AlreadyExistsError if another object has the new name: then the rename neither took effect nor ever will.
        """
        names = [name for name in (target.name, new_name) if name is not None]
        found = [await self._connector.reader.get(ObjectRef(target.object_type, None, name)) for name in names]
        if target.anchor is not None:
            observed = await self._connector.reader.get(target)
        else:
            observed = next((each for each in found if each is not None), None)
        if observed is None:
            return None
        if found[-1] is not None and found[-1].anchor != observed.anchor:
            raise AlreadyExistsError(f"another object has the name {new_name}", anchor=found[-1].anchor)
        leading = [name for name, each in zip(names, found, strict=True) if each and each.anchor == observed.anchor]
        # Both lead to it where they differ in case only: then the spelling has to tell.
        exact = [name for name in leading if unescaped(name) == unescaped(observed.name)]
        return replace(observed, name=next(iter((*exact, *leading)), observed.name))


def _judged(entry: Entry, observed: TargetObject | None, known: Known, replay: Replay) -> Result:
    conditional = replay in {Replay.CONDITIONAL, Replay.REPEAT}
    match judge(entry.operation, observed, known):
        case Verdict.APPLIED if replay is Replay.REPEAT:
            return _send_again(Claim(entry, conditional, observed, doubted=True))
        case Verdict.APPLIED:
            found = Applied(observed.anchor, observed.name) if observed is not None else Applied()
            return _succeeded(entry, found), None
        case Verdict.ABSENT:
            return _send_again(Claim(entry, conditional, observed, doubted=True))
        case Verdict.GONE:
            failure = Failure("unknown_object", f"{entry.operation.target} is not there any more")
            return _step(entry, State.REJECTED, failure), None
        case Verdict.CONFLICT:
            text = f"{entry.operation.target} is there, and not as this operation asks; look, then retry or cancel"
            return _parked(entry, text), None


def _step(entry: Entry, state: State, failure: Failure | None = None) -> Transition:
    return Transition(entry, state, Conclusion(failure))


def _succeeded(entry: Entry, found: Applied) -> Transition:
    return Transition(entry, State.SUCCEEDED, Conclusion(anchor=found.anchor, name=found.name))


def _parked(entry: Entry, text: str) -> Transition:
    return _step(entry, State.PARKED, Failure(IN_DOUBT, text))


def _unread(entry: Entry, error: BridgeError) -> Transition:
    return _step(entry, State.UNCERTAIN, error.failure)


def _send_again(claim: Claim) -> Result:
    failure = Failure(NOT_APPLIED, "read back after doubt: not applied; it is sent again")
    return _step(claim.entry, State.WAITING, failure), claim
