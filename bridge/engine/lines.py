"""Operations that rest behind another of their lane, in order: several of one lane that have all been at the target.

After a crash or a restored backup, and after a call that several went in together. Each comes up when the one before is
final. Pure; used by the dispatcher.
"""

from __future__ import annotations

from collections import deque

from bridge.journal import Entry, Held
from bridge.model.identity import Lane
from bridge.model.lifecycle import State


class Lines:
    def __init__(self) -> None:
        self._lines: dict[Lane, deque[tuple[Held, float]]] = {}

    def join(self, held: Held, since: float) -> None:
        """Behind all others of its lane. `since`, monotonic, it has surely been at the target no more."""
        self._lines.setdefault(held.lane, deque()).append((held, since))

    def lanes(self) -> list[Lane]:
        return list(self._lines)

    def next(self, lane: Lane) -> tuple[Held, float] | None:
        """The first of the lane, and since when it rests; it does here no more."""
        line = self._lines.get(lane)
        if line is None:
            return None
        first = line.popleft()
        if not line:
            del self._lines[lane]
        return first

    def update(self, entry: Entry) -> bool:
        """A person took a step with an operation: in its line it keeps its place, or leaves it. False: it has none."""
        line = self._lines.get(entry.lane, deque())
        at = next((at for at, (held, _) in enumerate(line) if held.sequence == entry.sequence), None)
        if at is None:
            return False
        if entry.state is not State.CANCELLED:
            line[at] = Held(entry.sequence, entry.lane, entry.state, None, None), line[at][1]
            return True
        del line[at]
        if not line:
            del self._lines[entry.lane]
        return True
