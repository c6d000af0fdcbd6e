"""What the workers of one connector have at this moment, counted in operations and in bytes. Pure.

Used by the dispatcher, which gives nothing more out while it is too much.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.journal import Entry

MOST_BYTES = 32 * 1024 * 1024
"""Of stored content given out at one time, above which nothing more is."""


class GivenOut:
    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        """By sequence; an entry's size is counted as it was when it went out."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._sizes

    @property
    def is_full(self) -> bool:
        return self._bytes >= MOST_BYTES

    def add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._sizes[entry.sequence] = entry.size
            self._bytes += entry.size

    def take_back(self, entries: Iterable[Entry]) -> None:
        """Those of them that are out."""
        self._bytes -= sum(self._sizes.pop(entry.sequence, 0) for entry in entries)
