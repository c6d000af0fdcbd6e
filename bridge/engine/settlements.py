"""Tells of operations that became final: who waits for one, a stream for its own, a watch for all. In memory only.

There is no outbox: who was not told asks the journal, which numbers every settlement. Called by the executor, the
confirm and the steps right after their commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bridge.model.status import OperationStatus

Listener = Callable[[Sequence[OperationStatus]], None]


class Settlements:
    def __init__(self) -> None:
        self._listeners: dict[int, list[Listener]] = {}
        self._heard: dict[Listener, set[int]] = {}
        """The same by listener."""
        self._watchers: set[asyncio.Event] = set()

    def listen(self, sequence: int, listener: Listener) -> None:
        """Call once, when that operation is final."""
        heard = self._heard.setdefault(listener, set())
        if sequence not in heard:
            heard.add(sequence)
            self._listeners.setdefault(sequence, []).append(listener)

    def forget(self, listener: Listener) -> None:
        """Call it no more."""
        for sequence in self._heard.pop(listener, ()):
            listeners = self._listeners[sequence]
            listeners.remove(listener)
            if not listeners:
                del self._listeners[sequence]

    def tell(self, settled: Sequence[OperationStatus]) -> None:
        """One call for each listener, with all that is its own."""
        shares: dict[Listener, list[OperationStatus]] = {}
        for status in settled:
            for listener in self._listeners.pop(status.sequence, ()):
                shares.setdefault(listener, []).append(status)
        for listener, own in shares.items():
            self._heard[listener].difference_update(status.sequence for status in own)
            if not self._heard[listener]:
                del self._heard[listener]
            listener(own)
        for watcher in self._watchers:
            watcher.set()

    def watch(self) -> asyncio.Event:
        """Set whenever something has settled; the watcher clears it and asks the journal."""
        event = asyncio.Event()
        self._watchers.add(event)
        return event

    def unwatch(self, event: asyncio.Event) -> None:
        self._watchers.discard(event)
