"""(e) How long one operation takes when the bridge has nothing else to do: submitted, written, settled, answered."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from tests.bench import bridge, caller, connectors
from tests.bench.connectors import Target
from tests.bench.figure import Figure, at_most
from tests.bench.scratch import scratch

OPERATIONS = 2_000
WARM_UP = 100
MILLISECONDS = 1_000


def figures() -> Iterator[Figure]:
    with scratch() as files, bridge.running(files, {Target.MEMORY: connectors.memory()}) as running:
        caller.singly(running, Target.MEMORY, "warm-up", WARM_UP)
        taken = caller.singly(running, Target.MEMORY, "single", OPERATIONS)
    centiles = statistics.quantiles(taken, n=100)
    yield Figure("(e) one operation, p50", centiles[49] * MILLISECONDS, "ms", at_most(5))
    yield Figure("(e) one operation, p99", centiles[98] * MILLISECONDS, "ms", at_most(20))
