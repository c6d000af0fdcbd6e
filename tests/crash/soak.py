"""Steady mixed load for a while: ``python -m tests.crash.soak --minutes 10 [--target postgresql]``.

Memory of the bridge must stay flat and nothing may be lost. Exit code 1 if not. The rate is far below what the bridge
can do: a backlog that grows would hide a leak.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from bridge.client import Accepted, Settled
from bridge.model.identity import OperationId
from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from tests.crash.bridge_process import BridgeProcess
from tests.crash.checker import Verdict, judge
from tests.crash.making import MAKERS
from tests.crash.targets.target import Target
from tests.crash.workload import CONNECTOR, Workload

RATE = 200
"""Operations a second."""
TICK = 0.05
DRAIN = 300.0
"""Seconds for what is still open at the end: hashing passwords on a busy machine can fall behind the rate."""
WARM = 0.25
"""Part of the run after which memory must have found its level."""
SLACK = 1.2
FLOOR = 16 << 20
"""Bytes by which memory may grow in any case: an allocator's coarseness, not a leak."""


@dataclass
class Soaked:
    """What was measured. `resident` has (seconds, bytes) pairs."""

    verdict: Verdict
    operations: int
    resident: list[tuple[float, int]]
    latencies: list[float]
    faults: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.verdict.clean and not self.faults


class Soak:
    def __init__(self, directory: Path, target: Target, seed: int) -> None:
        self._bridge = BridgeProcess(directory, {CONNECTOR: target.connector()})
        self._target = target
        self._workload = Workload(target.vocabulary, seed)
        self._sent: dict[OperationId, float] = {}
        self._acknowledged: set[OperationId] = set()
        self._told: dict[OperationId, State] = {}
        self._latencies: list[float] = []

    def run(self, seconds: float) -> Soaked:
        with self._bridge:
            self._bridge.start()
            caller = threading.Thread(target=self._call, name="caller", daemon=True)
            caller.start()
            resident = self._load(seconds)
            self._workload.end()
            caller.join(DRAIN)
            # Taken before the list: what is acknowledged while the list is read is not in it.
            acknowledged = set(self._acknowledged)
            late = (
                [f"not all was settled {DRAIN:g} s after the end: too slow for the rate"] if caller.is_alive() else []
            )
            with self._bridge.client() as client:
                journal = {each.id: each.state for each in client.list(page_size=1000)}
        asked = self._workload.asked
        verdict = judge(asked, acknowledged, self._told, journal, self._target.record(asked))
        return Soaked(verdict, len(asked), resident, self._latencies, late + _growth(resident))

    def _load(self, seconds: float) -> list[tuple[float, int]]:
        """Release at the rate; sample the bridge's memory meanwhile."""
        begun = time.monotonic()
        released = 0
        resident: list[tuple[float, int]] = []
        while (now := time.monotonic() - begun) < seconds:
            due = int(now * RATE) - released
            self._workload.release(due)
            released += due
            resident.append((now, self._resident()))
            time.sleep(TICK)
        return resident

    def _resident(self) -> int:
        return int(Path(f"/proc/{self._bridge.pid}/statm").read_text().split()[1]) * 4096

    def _call(self) -> None:
        with self._bridge.client() as client:
            for event in client.stream(self._timed()):
                match event:
                    case Accepted(operation):
                        self._acknowledged.add(operation)
                    case Settled(status):
                        self._told[status.id] = status.state
                        self._latencies.append(time.monotonic() - self._sent.pop(status.id))

    def _timed(self) -> Iterator[Operation]:
        for operation in self._workload.operations():
            self._sent[operation.id] = time.monotonic()
            yield operation


def _growth(resident: list[tuple[float, int]]) -> list[str]:
    """The least in the last quarter against the least in the second: what hashing passwords takes comes and goes."""
    warm = int(len(resident) * WARM)
    before = min(each for _, each in resident[warm : 2 * warm])
    after = min(each for _, each in resident[-warm:])
    if after <= max(before * SLACK, before + FLOOR):
        return []
    return [f"memory grew from {before >> 20} MiB to {after >> 20} MiB"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--target", choices=sorted(MAKERS), default="ldap")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ecma-bridge-soak-") as home:
        directory = Path(home) / "bridge"
        directory.mkdir(mode=0o700)
        with MAKERS[options.target](directory) as target:
            report(soaked := Soak(directory, target, options.seed).run(options.minutes * 60))
    return int(not soaked.clean)


def report(soaked: Soaked) -> None:
    cuts = quantiles(soaked.latencies, n=100)
    first, last = soaked.resident[0][1] >> 20, soaked.resident[-1][1] >> 20
    sys.stdout.write(
        f"{soaked.operations} operations: {soaked.verdict}\n"
        f"latency to settlement: median {cuts[49] * 1000:.1f} ms, 99 % {cuts[98] * 1000:.1f} ms\n"
        f"memory: {first} MiB at first, {last} MiB at last; {'; '.join(soaked.faults) or 'flat'}\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
