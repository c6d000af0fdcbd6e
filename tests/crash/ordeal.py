"""Load and kill: one bridge, one target, many deaths; then everything is let settle and judged.

The process of one cycle does the recovery of the cycle before, under load, and dies in its turn. Used by the tests
and by ``python -m tests.crash.run``.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bridge.client import Accepted, BridgeClient, Refused, Settled
from bridge.model.identity import SettleNumber
from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from bridge.model.status import OperationStatus
from bridge.telemetry.failpoints import CrashPoint
from tests.crash.bridge_process import KILLED, BridgeProcess
from tests.crash.checker import Verdict, judge
from tests.crash.history import History
from tests.crash.targets.target import Target
from tests.crash.workload import CONNECTOR, Workload

PORTION = 150
"""Operations let out for each cycle."""
LATEST = 0.7
"""Seconds after its start at which a process dies whatever it was armed with."""
MOST_TIMES = 8
"""How often a point may be passed before it kills: batches are large, so each is passed few times in a cycle."""
SELDOM = frozenset({CrashPoint.MIGRATING, CrashPoint.PURGING, CrashPoint.ACKNOWLEDGED})
PATIENCE = 60.0

MARCH = (CrashPoint.MIGRATING, None, *(point for point in CrashPoint if point is not CrashPoint.MIGRATING))
"""What kills, in turn: a named point or a random moment. Only the first start has a journal to migrate."""


@dataclass(slots=True)
class Report:
    """What happened, and what the judge says."""

    verdict: Verdict
    operations: int
    deaths: Counter[str]
    longest_recovery: float
    gaps: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.verdict.clean and not self.gaps


class Ordeal:
    def __init__(self, directory: Path, target: Target, seed: int, *, most_times: int = MOST_TIMES) -> None:
        self.bridge = BridgeProcess(directory, {CONNECTOR: target.connector()})
        self.history = History()
        self.workload = Workload(target.vocabulary, seed)
        self._target = target
        self._most_times = most_times
        self._random = random.Random(seed)
        self._deaths: Counter[str] = Counter()
        self._recoveries: list[float] = []
        self._failure: BaseException | None = None

    def run(self, cycles: int, progress: Callable[[int], None] = lambda _: None) -> Report:
        caller = threading.Thread(target=self._call, name="caller")
        caller.start()
        try:
            for cycle in range(cycles):
                self._cycle(MARCH[cycle % len(MARCH)])
                progress(cycle + 1)
            self.bridge.start()
            self.workload.end()
            caller.join(PATIENCE * 2)
            return self._judge(still_open=caller.is_alive())
        finally:
            self.bridge.kill()
            caller.join(PATIENCE * 2)

    def _cycle(self, point: CrashPoint | None) -> None:
        """One life of the process."""
        self.workload.release(PORTION)
        begun = time.monotonic()
        self.bridge.spawn(None if point is None else f"{point}:{self._count(point)}")
        told = self.history.last_told
        moment = self._random.uniform(0.0, 0.25) if point is None else LATEST
        self._watch(begun, told, moment)
        named = self.bridge.ended() == KILLED and point is not None
        self.bridge.kill()
        self._deaths[str(point) if named else "random"] += 1

    def _count(self, point: CrashPoint) -> int:
        """Which time it is the last."""
        return 1 if point in SELDOM else self._random.randint(1, self._most_times)

    def _watch(self, begun: float, told: float, moment: float) -> None:
        """Until the process has died by itself, or until the moment after it was first heard of."""
        heard: float | None = None
        limit = begun + PATIENCE
        while self.bridge.ended() is None:
            now = time.monotonic()
            if heard is None and self.history.last_told > told:
                heard = now
                self._recoveries.append(now - begun)
            if now > limit or (heard is not None and now > heard + moment):
                return
            time.sleep(0.005)
        if self.bridge.ended() != KILLED:
            msg = f"the bridge ended with {self.bridge.ended()}:\n{self.bridge.said()[-3000:]}"
            raise RuntimeError(msg)

    def _call(self) -> None:
        """The caller: one stream that sends again, with the same ids, whatever has no result yet."""
        try:
            with self.bridge.client() as client:
                self._stream(client, self.workload.operations())
        except BaseException as error:  # noqa: BLE001 - told by `_judge`
            self._failure = error

    def _stream(self, client: BridgeClient, operations: Iterator[Operation]) -> None:
        for event in client.stream(operations, patience=PATIENCE):
            match event:
                case Accepted(operation):
                    self.history.accepted(operation)
                case Settled(status):
                    self.history.told(status)
                case Refused(operation, error):
                    self.history.refuse(operation, error)

    def _judge(self, *, still_open: bool) -> Report:
        with self.bridge.client() as client:
            if not still_open and self._failure is None:
                # Every id once more: the answers are those that were told before.
                self._stream(client, iter(self.workload.sent))
            settled = list(client.watch(until_now=True))
            known = {each.id: each for each in client.list()}
        verdict = judge(
            self.workload.asked,
            self.history.acknowledged,
            {each: status.state for each, status in self.history.settled.items()},
            {each: status.state for each, status in known.items()},
            self._target.record(self.workload.asked),
        )
        verdict.untrue.extend(self.history.contradictions)
        verdict.untrue.extend(f"{each} was refused: {error}" for each, error in self.history.refused.items())
        verdict.untrue.extend(
            f"{each.id} ({each.kind} {each.target}) is {each.state}: {each.failure}"
            for each in known.values()
            if each.state is not State.SUCCEEDED
        )
        if self._failure is not None:
            verdict.lost.append(f"the caller gave up: {self._failure}")
        return Report(
            verdict, len(self.workload.asked), self._deaths, max(self._recoveries, default=0.0), _gaps(settled)
        )


def _gaps(settled: list[OperationStatus]) -> list[str]:
    """Settle numbers go up by one."""
    numbers = [each.settle_number for each in settled]
    wanted = [SettleNumber(number) for number in range(1, len(numbers) + 1)]
    return [] if numbers == wanted else [f"settle numbers are not 1 to {len(numbers)}"]
