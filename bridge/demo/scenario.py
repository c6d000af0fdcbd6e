"""The walk of the demo: make the targets, start the bridge, send the operations, kill it, go on, compare, tell.

Called by ``ecma-bridge demo``. Everything is in one private directory, which goes away unless something was wrong.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Final, Protocol

from bridge.client import BridgeClient
from bridge.demo.comparison import Content, compare
from bridge.demo.ledger import Ledger
from bridge.demo.process import BridgeProcess
from bridge.demo.report import Report, Verdict
from bridge.demo.silence import until_silence
from bridge.demo.staff import StaffDatabase
from bridge.demo.tally import Crash, Tally
from bridge.demo.workload import Size, TargetForm, workload
from bridge.model.operations import Operation
from bridge.model.secrets import Secret

STAFF_SIZE: Final = Size(people=700, groups=40, passwords=40)
DIRECTORY_SIZE: Final = Size(people=350, groups=25, passwords=40)
_KILL_AT: Final = 0.45
"""Of all results: in the second wave, when a bit of everything is under way."""

_SILENCE_SECONDS: Final = 30.0
"""Without any news for so long, what has no result by then is reported as having none."""


class Target(Protocol):
    """What the demo has written to, and compares."""

    @property
    def form(self) -> TargetForm: ...

    @property
    def connector(self) -> Mapping[str, Any]: ...

    def read(self, passwords: Mapping[tuple[str, str], Secret]) -> Content: ...


@dataclass(frozen=True, slots=True)
class _Side:
    """A target, and what is asked of it."""

    target: Target
    ledger: Ledger


def run(*, ldap: bool) -> int:
    """0 if every operation has the result it must have and every object is as asked, else 1."""
    # Ended in order, so that the bridge and the container go with us.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    report = Report()
    with ExitStack() as stack:
        targets: list[tuple[Target, Size]] = []
        if ldap:
            from bridge.demo.directory import openldap  # noqa: PLC0415 - needs a checkout, and a container engine

            report.say("starting an OpenLDAP server in a container")
            targets.append((stack.enter_context(openldap()), DIRECTORY_SIZE))
        directory = Path(tempfile.mkdtemp(prefix="ecma-bridge-demo-"))
        targets.insert(0, (StaffDatabase(directory / "staff.db"), STAFF_SIZE))
        sides = [_Side(target, workload(target.form, size)) for target, size in targets]
        bridge = BridgeProcess(directory, {side.target.form.connector: side.target.connector for side in sides})
        try:
            _perform(bridge, sides, report)
        finally:
            _clear(directory, report)
    return int(not report.agreed)


def _clear(directory: Path, report: Report) -> None:
    """Keep what helps to find out why, if something is wrong."""
    if report.agreed:
        shutil.rmtree(directory)
    else:
        report.say(f"kept for you: {directory}, with the bridge's log, its journal and the staff database")


def _perform(bridge: BridgeProcess, sides: Sequence[_Side], report: Report) -> None:
    operations = [each for side in sides for wave in side.ledger.waves for each in wave]
    turned_down = {each: code for side in sides for each, code in side.ledger.turned_down.items()}
    tally = Tally({each.id: each.kind for each in operations}, turned_down)
    with bridge.running():
        report.say(f"the bridge runs; connectors: {', '.join(side.target.form.connector for side in sides)}")
        _stream(bridge, sides, tally, report)
    report.operations(tally)
    problems = [*tally.problems(bridge.journaled()), *bridge.journal_problems()]
    report.conclude([_verdict(side) for side in sides], problems)


def _verdict(side: _Side) -> Verdict:
    expected = side.ledger.expected()
    found = side.target.read(side.ledger.passwords())
    return Verdict(side.target.form.connector, expected, found, compare(expected, found))


def _stream(bridge: BridgeProcess, sides: Sequence[_Side], tally: Tally, report: Report) -> None:
    """All waves, each as one stream. The stream lives on through the death of the process."""
    waves = [_woven(wave) for wave in zip(*(side.ledger.waves for side in sides), strict=True)]
    began = time.monotonic()
    with BridgeClient(bridge.address) as client, report.progress(len(tally.kinds)) as advance:
        events = chain.from_iterable(client.stream(wave) for wave in waves)
        for event in until_silence(events, _SILENCE_SECONDS):
            tally.hear(event)
            advance(len(tally.answers))
            if tally.crash is None and len(tally.answers) >= len(tally.kinds) * _KILL_AT:
                tally.crash = _crash(bridge, len(tally.answers), report)
    tally.seconds = time.monotonic() - began


def _crash(bridge: BridgeProcess, after: int, report: Report) -> Crash:
    bridge.kill()
    journaled = bridge.journaled()
    crash = Crash(after, journaled, bridge.start())
    report.say(f"SIGKILL after {after} results, {len(crash.in_doubt)} calls under way; started again")
    return crash


def _woven(waves: Sequence[Sequence[Operation]]) -> list[Operation]:
    """One operation of each target in turn."""
    return [each for row in zip_longest(*waves) for each in row if each is not None]
