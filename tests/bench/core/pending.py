"""A bridge that finds 100,000 pending operations: (g) what it holds in memory, (f) how soon it works on them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bridge.client import BridgeClient
from bridge.model.identity import ConnectorName, SettleNumber
from tests.bench import bridge, caller, connectors
from tests.bench.connectors import Target
from tests.bench.figure import Figure, at_most
from tests.bench.prefill import prefilled
from tests.bench.scratch import scratch

PENDING = 100_000
LOAD = 20_000
LOADS = 4


def figures() -> Iterator[Figure]:
    with scratch() as files:
        journal = prefilled(files / "pending", PENDING)
        before, after = _resident(journal)
        yield Figure(f"(g) memory with {PENDING:,} pending", before, "MB", at_most(150))
        yield Figure(f"(g) memory after {LOAD * LOADS:,} more", after, "MB", at_most(1.1), limit=before)
        yield Figure(f"(f) start to first result, {PENDING:,} pending", _first_result(journal), "s", at_most(5))


def _resident(files: Path) -> tuple[float, float]:
    """Once warm, and after more work. The pending ones wait for a target that is down; the load goes to SQLite.

    The memory adapter's target would grow in the bridge's own process.
    """
    used = {Target.MEMORY: connectors.unreachable(), Target.SQLITE: connectors.sqlite(files / "target.sqlite")}
    with bridge.running(files, used) as running:
        caller.stream(running, Target.SQLITE, "warm-up", LOAD)
        before = running.resident_mb()
        for number in range(LOADS):
            caller.stream(running, Target.SQLITE, f"load{number}", LOAD)
        return before, running.resident_mb()


def _first_result(files: Path) -> float:
    """Seconds from the start of the process until a caller hears of the first result: dispatched before that."""
    known = LOAD * (LOADS + 1)
    with (
        bridge.running(files, {Target.MEMORY: connectors.memory()}) as running,
        BridgeClient(running.address) as client,
    ):
        next(client.watch(SettleNumber(known), ConnectorName(Target.MEMORY)))
        return time.monotonic() - running.started
