"""The part of one connector's backlog that is in memory, lane by lane. Pure: no clock, no journal, no await.

At most one operation of a lane is out at a time, the next comes when it is final, in order of acceptance. Memory
holds a window of the backlog: of each lane a few operations, of the whole connector some thousands, and so many bytes
of them. What does not fit
stays in the journal and is asked for again: a lane that is `wanting`, or everything behind `read_after`.

Used by the dispatcher only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bridge.engine.merging import Group
from bridge.journal import Entry
from bridge.model.identity import Lane

WINDOW = 4096
"""Operations of one connector in memory."""

WINDOW_BYTES = 32 * 1024 * 1024
"""Of their stored content, above which no more come into memory."""

LANE_WINDOW = 16
"""Operations of one lane in memory, so that one long lane does not crowd out the others."""


LONG_LANE_WINDOW = 512
"""The same where a connector takes many operations of one lane in one call."""


@dataclass(slots=True)
class _Queue:
    waiting: deque[Entry] = field(default_factory=deque)
    out: int | None = None
    """Sequence of the operation that is with a worker, or held."""
    held: bool = False
    """The operation that is out waits, or needs a person: what is behind it stays in the journal meanwhile."""
    last: int = 0
    """Highest sequence of this lane that was ever in memory."""
    spilled: bool = False
    """The journal holds more of this lane behind `last`."""
    reading: bool = False
    """What spilled is being read; what is offered meanwhile may come too late for that and counts as spilled anew."""


class Backlog:
    """`joined`: most operations of one lane that may go out as one."""

    def __init__(
        self,
        window: int = WINDOW,
        lane_window: int = LANE_WINDOW,
        window_bytes: int = WINDOW_BYTES,
        joined: int = 1,
    ) -> None:
        self._window = window
        self._window_bytes = window_bytes
        self._joined = joined
        self._lane_window = lane_window
        self._queues: dict[Lane, _Queue] = {}
        self._ready: deque[Lane] = deque()
        self._wanting: set[Lane] = set()
        self._size = 0
        self._bytes = 0
        self.read_after: int | None = 0
        """Everything with a higher sequence is in the journal only; None if all of it is in memory.

        At first nothing is: what is offered before the journal was read must not overtake what it holds.
        """
        self.tip = 0
        """The highest sequence that was offered."""

    @property
    def ready(self) -> int:
        """How many lanes have an operation that may go out."""
        return len(self._ready)

    def offer(self, entry: Entry) -> None:
        """An operation that has just been accepted. Offered in order of acceptance."""
        self.tip = entry.sequence
        if self.read_after is not None:
            return
        if self._size >= self._window or self._is_full():
            self.read_after = entry.sequence - 1
        else:
            self._put(entry)

    def refill(self, entries: Sequence[Entry], wanted: int, tip: int) -> None:
        """What the journal holds behind `read_after`, in order, asked for when `tip` was the tip.

        Fewer than `wanted` are all there were; if nothing was offered since, memory has caught up.
        """
        for entry in entries:
            self._put(entry)
            self.read_after = entry.sequence
        if len(entries) < wanted and self.tip == tip:
            self.read_after = None

    def wants_refill(self) -> bool:
        return self.read_after is not None and self._size < self._window // 2 and self._bytes < self._window_bytes // 2

    def _is_full(self) -> bool:
        return self._bytes >= self._window_bytes

    def room(self) -> int:
        return max(0, self._window - self._size)

    def _put(self, entry: Entry) -> None:
        queue = self._queues.get(entry.lane)
        if queue is None:
            queue = self._queues[entry.lane] = _Queue()
        if entry.sequence <= queue.last:
            return
        if queue.held or queue.spilled or queue.reading or len(queue.waiting) >= self._lane_window:
            queue.spilled = True
            return
        self._append(queue, entry)

    def _append(self, queue: _Queue, entry: Entry) -> None:
        queue.waiting.append(entry)
        queue.last = entry.sequence
        self._size += 1
        self._bytes += entry.size
        if len(queue.waiting) == 1 and queue.out is None:
            self._ready.append(entry.lane)

    def take(self, limit: int, limit_bytes: int) -> list[list[Entry]]:
        """From up to that many lanes the next operation, with those behind that can go in one call with it, ending with
        what reaches the limit in bytes. Each lane is out until `finish`."""
        taken: list[list[Entry]] = []
        left = limit_bytes
        while self._ready and len(taken) < limit and left > 0:
            queue = self._queues[self._ready.popleft()]
            together = self._together(queue.waiting)
            queue.out = together[0].sequence
            left -= sum(entry.size for entry in together)
            self._size -= len(together)
            taken.append(together)
        self._bytes -= limit_bytes - left
        return taken

    def _together(self, waiting: deque[Entry]) -> list[Entry]:
        together = [waiting.popleft()]
        if self._joined > 1 and waiting:
            group = Group(together[0])
            while waiting and len(together) < self._joined and group.takes(waiting[0]):
                together.append(waiting.popleft())
        return together

    def hand_over(self, lane: Lane, sequence: int) -> None:
        """Another operation of those that went out together is the one that is out."""
        self._queues[lane].out = sequence

    def hold(self, lane: Lane, sequence: int) -> None:
        """That operation of the lane is open and rests: nothing behind it may go out, or need stay in memory."""
        queue = self._queues.setdefault(lane, _Queue())
        queue.out, queue.held = sequence, True
        if queue.waiting:
            self._size -= len(queue.waiting)
            self._bytes -= sum(each.size for each in queue.waiting)
            queue.waiting.clear()
            queue.spilled = True
        queue.last = sequence

    def is_out(self, lane: Lane, sequence: int) -> bool:
        queue = self._queues.get(lane)
        return queue is not None and queue.out == sequence

    def finish(self, lane: Lane) -> None:
        """The operation that was out is final."""
        queue = self._queues[lane]
        queue.out, queue.held = None, False
        if queue.waiting:
            self._ready.append(lane)
        elif queue.spilled:
            self._wanting.add(lane)
        else:
            del self._queues[lane]

    def wants_lanes(self) -> bool:
        """Whether `wanting` has something. While memory is full, only if else nothing could go out."""
        return bool(self._wanting) and not (self._ready and self._is_full())

    def wanting(self) -> list[tuple[Lane, int]]:
        """Lanes whose next operation has to be read from the journal, and the sequence behind which it is."""
        if not self.wants_lanes():
            return []
        lanes = [self._wanting.pop()] if self._is_full() else list(self._wanting)
        self._wanting.difference_update(lanes)
        for lane in lanes:
            queue = self._queues[lane]
            queue.spilled, queue.reading = False, True
        return [(lane, self._queues[lane].last) for lane in lanes]

    def continue_lanes(self, wanted: Iterable[tuple[Lane, int]], entries: Iterable[Entry], limit: int) -> None:
        """What the journal holds of the `wanting` lanes, at most `limit` each, in order."""
        counts: dict[Lane, int] = {}
        for entry in entries:
            queue = self._queues[entry.lane]
            counts[entry.lane] = counts.get(entry.lane, 0) + 1
            if entry.sequence > queue.last:
                self._append(queue, entry)
        for lane, _ in wanted:
            self._settle_spill(lane, more=counts.get(lane, 0) >= limit)

    def _settle_spill(self, lane: Lane, *, more: bool) -> None:
        queue = self._queues[lane]
        queue.reading = False
        queue.spilled = queue.spilled or more
        if queue.waiting or queue.out is not None:
            return
        if queue.spilled:
            self._wanting.add(lane)
        else:
            del self._queues[lane]
