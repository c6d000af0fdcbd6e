"""The group core: from the gRPC stream through the journal to a target. One module for each question."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.core import backlog, directory, latency, pending, throughput
from tests.bench.figure import Figure


def figures() -> Iterator[Figure]:
    """One after the other, each told as soon as it is known."""
    yield from throughput.figures()
    yield from directory.figures()
    yield from latency.figures()
    yield from pending.figures()
    yield from backlog.figures()
