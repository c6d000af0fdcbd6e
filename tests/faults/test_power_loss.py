"""Power loss: a disk keeps what was synced, and any part of the rest in any order."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bridge.journal import Draft, Journal, Limits, maintenance
from bridge.journal.recovery import Mode
from bridge.model.errors import ConfigurationError
from bridge.model.lifecycle import FINAL, State
from bridge.model.operations import Operation
from bridge.model.status import OperationFilter
from tests.crash.bridge_process import BridgeProcess
from tests.faults.operations import create, set_password
from tests.faults.power_loss.disk import Disk, write_out
from tests.faults.power_loss.recording import NAMING, SYNCING, Begun, Ended, Event, read, recorded

LOSSES = 60
STREAMED, WAITED = 250, 160
"""Users of each life: in large commits, and in commits of their own."""
LIVES = 2


@dataclass(frozen=True, slots=True)
class Recording:
    """Two lives of a bridge under load: what it asked of the disk, and what it answered."""

    root: Path
    events: Sequence[Event]
    answers: Mapping[str, int]
    """The operations that callers gave it; the so-maniest time that an id leaves the process is with its result."""


@dataclass(slots=True)
class Told:
    """What left the process until now, and which answers."""

    answers: Mapping[str, int]
    times: Counter[str] = field(default_factory=Counter)

    def hear(self, event: Event) -> None:
        if isinstance(event, Begun) and event.call == "sendmsg":
            said = b"".join(event.texts)
            self.times.update({each: said.count(each.encode()) for each in self.answers if each.encode() in said})

    @property
    def acknowledged(self) -> set[str]:
        return {each for each, times in self.times.items() if times}

    @property
    def settled(self) -> set[str]:
        return {each for each, times in self.times.items() if times >= self.answers[each]}


def load(label: str, users: int) -> Iterator[Operation]:
    """With and without a secret."""
    for number in range(users):
        name = f"{label}-{number}"
        yield create(name)
        yield set_password(name, f"a password of length {number}")


@pytest.fixture(scope="module")
def recording(strace: str, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    place = tmp_path_factory.mktemp("recorded")
    root = place / "disk"
    root.mkdir()
    events: list[Event] = []
    answers: dict[str, int] = {}
    connectors = {"memory": {"adapter": "memory", "batch_size": 8, "settings": {}}}
    with BridgeProcess(place, connectors, journal={"path": str(root / "journal")}) as bridge:
        for life in range(LIVES):
            bridge.prefix = tuple(recorded(strace, place / f"trace-{life}"))
            bridge.start()
            streamed, waited = list(load(f"streamed-{life}", STREAMED)), list(load(f"waited-{life}", WAITED))
            answers |= {each.id: 2 for each in streamed} | {each.id: 1 for each in waited}
            with bridge.client() as client:
                list(client.stream(streamed))
                for each in waited:
                    client.submit(each, wait=True)
            # To the bridge: strace lets no signal end it.
            os.killpg(bridge.pid, signal.SIGTERM)
            assert bridge.wait() == 0
            events += read(place / f"trace-{life}", root)
    return Recording(root, events, answers)


def test_the_recording_has_everything_that_is_on_the_disk(recording: Recording) -> None:
    """Without it no other test of this module would mean anything."""
    disk, told = Disk(recording.root), Told(recording.answers)
    for event in recording.events:
        disk.play(event)
        told.hear(event)
    real = {path.relative_to(recording.root): path for path in recording.root.rglob("*")}
    assert {path: content for path, content in disk.now().items() if content is not None} == {
        path: bytearray(file.read_bytes()) for path, file in real.items() if file.is_file()
    }
    assert told.settled == recording.answers.keys()


def losses(recording: Recording, seed: int, place: Path) -> Iterator[tuple[Path, Told]]:
    """The disks that power losses leave, at random moments and all rare ones, each with what had been told by then."""
    chance = random.Random(seed)
    moments = Counter(chance.choices(range(len(recording.events)), k=LOSSES))
    moments.update(number for number, event in enumerate(recording.events) if _is_rare(event))
    disk, told = Disk(recording.root), Told(recording.answers)
    for number, event in enumerate(recording.events):
        disk.play(event)
        told.hear(event)
        for again in range(moments[number]):
            left = place / f"{number}-{again}"
            left.mkdir()
            write_out(disk.after_loss(chance), left)
            yield left / "journal", told


def _is_rare(event: Event) -> bool:
    """Files made, named, or written beside the database: few moments among thousands, so each of them is tried."""
    if not isinstance(event, Ended) or event.begun.call in {"lseek", "sendmsg"}:
        return False
    return event.begun.call in NAMING or ".sqlite" not in event.begun.paths[0]


def wrong(directory: Path, told: Told) -> str:
    """What was told and this journal does not hold, or holds by half; empty if all is well."""
    if told.acknowledged:
        if not (directory / "journal.sqlite").exists():
            return "there is no journal"
        if problems := maintenance.check(directory).problems:
            return "; ".join(problems)
    found = asyncio.run(_after_start(directory, told)) | _halves(directory)
    return "; ".join(f"{len(those)} {what}" for what, those in found.items() if those)


async def _after_start(directory: Path, told: Told) -> dict[str, set[str]]:
    journal = Journal(directory, Limits(1 << 20, 0), _fail)
    try:
        stored = await journal.history.operations(OperationFilter(limit=1 << 20))
        entries, _ = await journal.history.load([each.sequence for each in stored if each.state not in FINAL])
        await journal.accept([Draft(set_password("somebody", "a password of length"))], lambda _: None)
    finally:
        await journal.close()
    final = {each.id for each in stored if each.state is State.SUCCEEDED}
    return {
        "taken for a backup": set() if journal.mode is Mode.NORMAL else {str(directory)},
        "operations lost": told.acknowledged - {each.id for each in stored},
        "results forgotten": told.settled - final,
        "secrets lost": {each.operation.id for each in entries if each.secrets_lost},
    }


def _fail(error: BaseException) -> None:
    raise error


def _halves(directory: Path) -> dict[str, set[str]]:
    """Operations that are there without their audit records or their lane, or the other way round."""
    halves = {
        "without acceptance": "SELECT sequence FROM operation EXCEPT "
        "SELECT record->>2 FROM audit WHERE record->>1 = 'accepted'",
        "without operation": "SELECT record->>2 FROM audit WHERE record->>1 = 'accepted' EXCEPT "
        "SELECT sequence FROM operation",
        "settled without audit": "SELECT sequence FROM operation WHERE settle_number IS NOT NULL EXCEPT "
        "SELECT record->>2 FROM audit WHERE record->>1 = 'settled'",
        "audited without result": "SELECT record->>2 FROM audit WHERE record->>1 = 'settled' EXCEPT "
        "SELECT sequence FROM operation WHERE settle_number IS NOT NULL",
        "without lane": "SELECT lane FROM operation EXCEPT SELECT lane FROM lane_alias",
    }
    with closing(sqlite3.connect(directory / "journal.sqlite")) as connection:
        return {what: {row[0] for row in connection.execute(query)} for what, query in halves.items()}


def test_fault_03_a_power_loss_takes_nothing_that_was_acknowledged(recording: Recording, tmp_path: Path) -> None:
    acknowledged = 0
    for directory, told in losses(recording, 3, tmp_path):
        assert wrong(directory, told) == "", directory
        acknowledged = max(acknowledged, len(told.acknowledged))
    assert acknowledged > STREAMED, "losses came too early to tell"


def test_a_commit_that_does_not_wait_for_the_disk_is_noticed(recording: Recording, tmp_path: Path) -> None:
    """The same judge on what a journal without `synchronous = FULL` would have asked of the disk."""
    hasty = replace(recording, events=[each for each in recording.events if not _syncs_the_wal(each)])
    found = [_told(directory, told) for directory, told in losses(hasty, 4, tmp_path)]
    assert sum("operations lost" in each for each in found) > 5, Counter(found)


def _syncs_the_wal(event: Event) -> bool:
    begun = event if isinstance(event, Begun) else event.begun
    return begun.call in SYNCING and begun.paths[0].endswith("-wal")


def _told(directory: Path, told: Told) -> str:
    try:
        return wrong(directory, told)
    except ConfigurationError as error:
        return f"refused: {error.message}"


TWO_FILES = """
import sys
from pathlib import Path
from bridge.cli.writing import whole_file
for name in ("objects", "watermark"):
    with whole_file(Path(sys.argv[1], name)) as file:
        file.write(name)
"""


def test_a_watermark_is_on_disk_only_after_the_objects_up_to_it(strace: str, tmp_path: Path) -> None:
    root, trace, chance = tmp_path / "disk", tmp_path / "trace", random.Random(5)
    root.mkdir()
    subprocess.run([*recorded(strace, trace), sys.executable, "-c", TWO_FILES, str(root)], check=True)
    disk = Disk(root)
    for event in read(trace, root):
        disk.play(event)
        for left in (disk.after_loss(chance) for _ in range(20)):
            names = [each for each in ("objects", "watermark") if Path(each) in left]
            assert all(left[Path(each)] == each.encode() for each in names), left
            assert names != ["watermark"]
    assert names == ["objects", "watermark"]
