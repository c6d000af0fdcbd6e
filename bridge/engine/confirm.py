"""The confirm: settles operations in doubt by reading the target back. Never a blind re-send.

It waits until the old call can no longer take effect (`settle_seconds`), then asks: the marker in the target's own
transaction, or the object itself (`judge`). Where neither can tell, a person decides. Comes before: the executor, or
a crash. Comes next: SUCCEEDED, or WAITING for a re-send that is conditional where the adapter offers it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from bridge.engine.dispatcher import Claim, Dispatcher
from bridge.engine.judge import Known, Verdict, judge
from bridge.host.catalog import HostedConnector
from bridge.journal import Conclusion, Entry, Journal, Transition
from bridge.model.capabilities import Replay
from bridge.model.errors import BridgeError
from bridge.model.identity import CallerName, Name, ObjectRef, unescaped
from bridge.model.lifecycle import State
from bridge.model.objects import TargetObject
from bridge.model.operations import Rename
from bridge.model.outcomes import Applied, Failure

AT_ONCE = 256

Result = tuple[Transition, Claim | None]
"""What a confirm came to, and the claim of what is to be sent again."""


class Confirm:
    """One for each connector. `doubt` may be called from the moment it is made."""

    def __init__(self, journal: Journal, connector: HostedConnector) -> None:
        self._journal = journal
        self._connector = connector
        self._doubts: deque[tuple[float, int]] = deque()
        self._arrived = asyncio.Event()

    def doubt(self, sequence: int) -> None:
        """That operation is UNCERTAIN in the journal."""
        self._doubts.append((time.monotonic() + self._connector.settings.settle_seconds, sequence))
        self._arrived.set()

    async def run(self, dispatcher: Dispatcher) -> None:
        """Runs until cancelled."""
        while True:
            due = await self._next_due()
            entries = await self._journal.history.load(due)
            await self._journal.record([_step(entry, State.CONFIRMING) for entry in entries])
            await self._confirm(dispatcher, entries)

    async def _next_due(self) -> list[int]:
        while not self._doubts:
            self._arrived.clear()
            await self._arrived.wait()
        await asyncio.sleep(max(0.0, self._doubts[0][0] - time.monotonic()))
        due: list[int] = []
        while self._doubts and self._doubts[0][0] <= time.monotonic() and len(due) < AT_ONCE:
            due.append(self._doubts.popleft()[1])
        return due or [self._doubts.popleft()[1]]

    async def _confirm(self, dispatcher: Dispatcher, entries: Sequence[Entry]) -> None:
        await self._connector.quiet()
        marked = [entry for entry in entries if self._replay(entry) is Replay.MARKER]
        results: dict[int, Result] = {}
        for caller in {entry.operation.caller for entry in marked}:
            results |= await self._by_marker(caller, [each for each in marked if each.operation.caller == caller])
        for entry in entries:
            if entry.sequence not in results:
                results[entry.sequence] = await self._by_reading(entry)
        transitions = [transition for transition, _ in results.values()]
        again = {sequence: claim for sequence, (_, claim) in results.items() if claim is not None}
        await dispatcher.conclude(transitions, again)
        if any(transition.state is State.UNCERTAIN for transition in transitions):
            # It could not be read: no sooner again than a failed write would be.
            await asyncio.sleep(self._connector.settings.retry_first_seconds)

    def _replay(self, entry: Entry) -> Replay:
        return self._connector.capabilities.replay.get(entry.operation.kind, Replay.AT_MOST_ONCE)

    async def _by_marker(self, caller: CallerName, entries: Sequence[Entry]) -> dict[int, Result]:
        try:
            applied = await self._connector.reader.applied(caller, [entry.operation.id for entry in entries])
        except BridgeError as error:
            return {entry.sequence: (_unread(entry, error), None) for entry in entries}
        return {
            entry.sequence: _send_again(entry, None)
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
        except BridgeError as error:
            return _unread(entry, error), None
        return _judged(entry, observed, known, conditional=replay is Replay.CONDITIONAL)

    async def _known(self, entry: Entry) -> Known:
        found = (await self._connector.schema()).object_types.get(entry.operation.target.object_type)
        return found.attributes if found is not None else {}

    async def _observe(self, entry: Entry) -> TargetObject | None:
        target, body = entry.operation.target, entry.operation.body
        if isinstance(body, Rename):
            return await self._observe_renamed(target, body.new_name)
        return await self._connector.reader.get(target)

    async def _observe_renamed(self, target: ObjectRef, new_name: Name) -> TargetObject | None:
        """The object, its name in the caller's spelling: that two spellings are one name, only the target can say."""
        names = [name for name in (target.name, new_name) if name is not None]
        found = [await self._connector.reader.get(ObjectRef(target.object_type, None, name)) for name in names]
        if target.anchor is not None:
            observed = await self._connector.reader.get(target)
        else:
            observed = next((each for each in found if each is not None), None)
        if observed is None:
            return None
        leading = [name for name, each in zip(names, found, strict=True) if each and each.anchor == observed.anchor]
        # Both lead to it where they differ in case only: then the spelling has to tell.
        exact = [name for name in leading if unescaped(name) == unescaped(observed.name)]
        return replace(observed, name=next(iter((*exact, *leading)), observed.name))


def _judged(entry: Entry, observed: TargetObject | None, known: Known, *, conditional: bool) -> Result:
    match judge(entry.operation, observed, known):
        case Verdict.APPLIED:
            found = Applied(observed.anchor, observed.name) if observed is not None else Applied()
            return _succeeded(entry, found), None
        case Verdict.ABSENT:
            return _send_again(entry, observed, conditional=conditional)
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
    return _step(entry, State.PARKED, Failure("in_doubt", text))


def _unread(entry: Entry, error: BridgeError) -> Transition:
    return _step(entry, State.UNCERTAIN, error.failure)


def _send_again(entry: Entry, observed: TargetObject | None, *, conditional: bool = False) -> Result:
    failure = Failure("not_applied", "read back after doubt: not applied; it is sent again")
    return _step(entry, State.WAITING, failure), Claim(entry, conditional, observed)
