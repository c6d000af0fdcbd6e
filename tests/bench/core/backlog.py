"""(h) Whether a backlog makes operations dearer: the bridge's CPU time for each, with 1,000 pending and 1,000,000.

CPU time, not the clock: two bridges take turns on one machine. Once for operations beside the backlog of another
connector, whose target is down, and once for the backlog itself being worked off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from bridge.client import BridgeClient
from bridge.model.identity import ConnectorName, SettleNumber
from tests.bench import bridge, caller, connectors
from tests.bench.bridge import Bridge
from tests.bench.connectors import Target
from tests.bench.figure import Figure, at_most, interleaved
from tests.bench.prefill import prefilled
from tests.bench.scratch import scratch

FEW = 1_000
MANY = 1_000_000
OPERATIONS = 20_000
SKIPPED = 2_000
"""Results of a start that are not measured yet."""
ROUNDS = 3
UNIT = "µs of CPU"
MICROSECONDS = 1_000_000


def figures() -> Iterator[Figure]:
    with scratch() as files:
        many = prefilled(files / "many", MANY)
        beside_many, beside_few = _beside(many, prefilled(files / "few", FEW))
        yield Figure(f"(h) one operation beside {MANY:,} pending", beside_many, UNIT, at_most(1.5), beside_few)
        done = ROUNDS * OPERATIONS
        of_many = _worked_off(many, SettleNumber(done))
        of_few = _worked_off(prefilled(files / "last", FEW + SKIPPED + OPERATIONS), SettleNumber(0))
        yield Figure(f"(h) one operation of {MANY:,} pending", of_many, UNIT, at_most(1.5), of_few)


def _beside(many: Path, few: Path) -> tuple[float, float]:
    with ExitStack() as stack:
        loaded, idle = (stack.enter_context(bridge.running(files, _beside_backlog(files))) for files in (many, few))
        dear, cheap = interleaved(ROUNDS, lambda number: _cost(loaded, number), lambda number: _cost(idle, number))
    return dear, cheap


def _beside_backlog(files: Path) -> dict[str, dict[str, object]]:
    return {
        Target.MEMORY: connectors.unreachable(),
        Target.SQLITE: connectors.sqlite(files / "target.sqlite"),
    }


def _cost(running: Bridge, number: int) -> float:
    """Of an operation accepted, carried out and settled."""
    before = running.cpu_seconds()
    caller.stream(running, Target.SQLITE, f"load{number}", OPERATIONS)
    return (running.cpu_seconds() - before) / OPERATIONS * MICROSECONDS


def _worked_off(files: Path, known: SettleNumber) -> float:
    """Of a pending operation carried out, settled and told to a caller that watches."""
    with (
        bridge.running(files, {Target.MEMORY: connectors.memory()}) as running,
        BridgeClient(running.address) as client,
    ):
        results = client.watch(known, ConnectorName(Target.MEMORY))
        next(islice(results, SKIPPED, None))
        before = running.cpu_seconds()
        next(islice(results, OPERATIONS - 1, None))
        return (running.cpu_seconds() - before) / OPERATIONS * MICROSECONDS
