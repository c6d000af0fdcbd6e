"""Operations that rest until a time, or until another object is there. In memory, by monotonic time: no clock jump
makes all of them due at once.

Used by the dispatcher. What rests here is WAITING in the journal, which gives it back when it is due.
"""

from __future__ import annotations

import heapq

from bridge.journal.lanes import AliasKey, keys_of
from bridge.model.identity import ConnectorName, ObjectRef


class Waits:
    def __init__(self, connector: ConnectorName) -> None:
        self._connector = connector
        self._times: list[tuple[float, int]] = []
        self._resting: dict[int, tuple[AliasKey, ...]] = {}
        self._dependants: dict[AliasKey, set[int]] = {}

    def rest(self, sequence: int, until: float, waits_for: ObjectRef | None) -> None:
        """`until` is monotonic, in seconds."""
        keys = tuple(keys_of(self._connector, waits_for)) if waits_for is not None else ()
        self._resting[sequence] = keys
        heapq.heappush(self._times, (until, sequence))
        for key in keys:
            self._dependants.setdefault(key, set()).add(sequence)

    def wake(self, sequence: int, now: float) -> None:
        """Make it due at once."""
        if sequence in self._resting:
            heapq.heappush(self._times, (now, sequence))

    def arrived(self, there: ObjectRef, now: float) -> None:
        """That object is there now: what waited for it is due."""
        if not self._dependants:
            return
        for key in keys_of(self._connector, there):
            for sequence in self._dependants.get(key, ()):
                self.wake(sequence, now)

    def forget(self, sequence: int) -> None:
        for key in self._resting.pop(sequence, ()):
            dependants = self._dependants[key]
            dependants.discard(sequence)
            if not dependants:
                del self._dependants[key]

    def due(self, now: float, limit: int) -> list[int]:
        """Sequences whose rest is over; they rest no more."""
        ready: list[int] = []
        while self._times and self._times[0][0] <= now and len(ready) < limit:
            _, sequence = heapq.heappop(self._times)
            if sequence in self._resting:
                self.forget(sequence)
                ready.append(sequence)
        return ready

    def next_time(self) -> float | None:
        """When (monotonic) the next rest ends."""
        while self._times and self._times[0][1] not in self._resting:
            heapq.heappop(self._times)
        return self._times[0][0] if self._times else None
