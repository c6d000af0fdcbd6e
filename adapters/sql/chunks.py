"""Long lists cut to what one statement may bind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

ItemT = TypeVar("ItemT")

CHUNK = 1_000
"""Values bound by one statement; SQLite before 3.32 and SQL Server take about 2,000 at most."""


def chunks(items: Sequence[ItemT], size: int = CHUNK) -> Iterator[Sequence[ItemT]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
