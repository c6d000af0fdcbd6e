"""(a) How many operations a second a stream gets settled in memory, and (b) how much of that SQLite leaves.

One bridge has both connectors; the loads take turns on it, so both write to a journal of the same size.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import bridge, caller, connectors
from tests.bench.connectors import Target
from tests.bench.figure import Figure, at_least, interleaved
from tests.bench.scratch import scratch

OPERATIONS = 20_000
ROUNDS = 5
UNIT = "operations/s"


def figures() -> Iterator[Figure]:
    with scratch() as files:
        both = {Target.MEMORY: connectors.memory(), Target.SQLITE: connectors.sqlite(files / "target.sqlite")}
        with bridge.running(files, both) as running:
            in_memory, in_sqlite = interleaved(
                ROUNDS,
                lambda number: caller.stream(running, Target.MEMORY, f"memory{number}", OPERATIONS),
                lambda number: caller.stream(running, Target.SQLITE, f"sqlite{number}", OPERATIONS),
            )
    yield Figure("(a) stream to memory", in_memory, UNIT, at_least(8_000))
    yield Figure("(b) stream to SQLite", in_sqlite, UNIT, at_least(0.6), limit=in_memory)
