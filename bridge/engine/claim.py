"""A claim: an operation given out to a worker. In memory only; made by the dispatcher and the confirm.

Comes next: the executor makes an attempt of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.journal import Entry
from bridge.model.objects import TargetObject


@dataclass(frozen=True, slots=True)
class Claim:
    """An operation given out. `conditional` and `observed` are the attempt's.

    `joined`: the next operations of its lane, whose changes go in the same call.

    `doubted`: an attempt before may still take effect, so what this one is refused for may be our own write.
    """

    entry: Entry
    conditional: bool = False
    observed: TargetObject | None = None
    doubted: bool = False
    joined: tuple[Entry, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (self.entry, *self.joined)

    @property
    def size(self) -> int:
        """Of the stored content, in bytes."""
        return sum(entry.size for entry in self.entries)
