"""Faults of the journal's disk: nothing is acknowledged that is not on it, and what is acknowledged survives."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from bridge.client import Accepted
from bridge.model.errors import BacklogFullError
from bridge.model.lifecycle import State
from bridge.sdk.testing.memory import read_history
from bridge.telemetry.collapse import EXIT_FAILED
from tests.crash.bridge_process import BridgeProcess
from tests.faults.caller import Caller
from tests.faults.conftest import MakeBridge
from tests.faults.operations import create
from tests.support.waiting import wait_until

COUNT = 200
MIB = 1 << 20


def log_lines(bridge: BridgeProcess) -> list[dict[str, str]]:
    return [json.loads(each) for each in bridge.said().splitlines() if each.startswith("{")]


def injected(strace: str, calls: str, fault: str) -> list[str]:
    """The command that runs the bridge and lets its system calls fail. Counts are each thread's own."""
    quiet = ["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"]
    return [strace, *quiet, "-e", f"trace={calls}", "-e", f"inject={calls}:{fault}"]


@pytest.mark.parametrize("for_ever", ["", "+"], ids=["once", "for_ever"])
@pytest.mark.parametrize(
    ("calls", "error", "when"),
    # The start takes fewer, the load takes more.
    [("fdatasync,fsync", "EIO", 15), ("pwrite64", "ENOSPC", 300), ("pwrite64", "EIO", 300)],
    ids=["sync", "full", "write"],
)
def test_fault_05_a_disk_error_ends_the_process_and_loses_nothing(
    make_bridge: MakeBridge, strace: str, tmp_path: Path, calls: str, error: str, when: int, for_ever: str
) -> None:
    bridge = make_bridge(prefix=injected(strace, calls, f"error={error}:when={when}{for_ever}"))
    bridge.start()
    caller = Caller(bridge, [create(f"user-{number}") for number in range(COUNT)])
    assert bridge.wait() == EXIT_FAILED, "the service manager starts it again"
    (failed,) = (each for each in log_lines(bridge) if each["event"] == "journal_failed")
    assert failed["path"] == str(bridge.journal)
    assert failed["reason"] == ("database or disk is full" if error == "ENOSPC" else "disk I/O error")
    assert "error: " not in bridge.said()
    acknowledged = {each.id for each in caller.events if isinstance(each, Accepted)}
    with closing(sqlite3.connect(f"file:{bridge.journal}/journal.sqlite?mode=ro", uri=True)) as journal:
        stored = {row[0] for row in journal.execute("SELECT id FROM operation")}
    assert acknowledged <= stored
    bridge.prefix = ()
    bridge.start()
    caller.join()
    assert caller.settled == [State.SUCCEEDED] * COUNT
    applied = [row.operation for row in read_history(tmp_path / "target.sqlite") if row.effect == "applied"]
    assert sorted(applied) == sorted(each.id for each in caller.operations)


@pytest.mark.parametrize("when", ["3", "3+"], ids=["once", "for_ever"])
def test_fault_05_a_disk_error_at_the_start_is_a_refusal(make_bridge: MakeBridge, strace: str, when: str) -> None:
    bridge = make_bridge(prefix=injected(strace, "fdatasync,fsync", f"error=EIO:when={when}"))
    bridge.spawn()
    assert bridge.wait() not in {0, None}
    bridge.prefix = ()
    bridge.start()


def test_fault_15_a_slow_disk_slows_callers_and_nothing_else(make_bridge: MakeBridge, strace: str) -> None:
    bridge = make_bridge(prefix=injected(strace, "fdatasync", "delay_exit=200000:when=5+"))
    bridge.start()
    begun = time.monotonic()
    with bridge.client() as client, ThreadPoolExecutor(16) as callers:
        told = list(callers.map(lambda number: client.submit(create(f"user-{number}"), wait=True), range(COUNT)))
    assert [each.state for each in told] == [State.SUCCEEDED] * COUNT
    assert 2 < time.monotonic() - begun < 30, "slow, but operations share each commit"
    assert bridge.ended() is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", place], capture_output=True, check=False)
    if done.returncode:
        pytest.fail(f"a small disk cannot be mounted, which needs root: {done.stderr!r}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_fault_04_a_full_disk_is_refused_before_it_is_full(make_bridge: MakeBridge, small_disk: Path) -> None:
    bridge = make_bridge(journal={"path": str(small_disk / "journal"), "disk_reserve_mib": 4})
    bridge.start()
    with bridge.client() as client:
        assert client.submit(create("before"), wait=True).state is State.SUCCEEDED
        (small_disk / "ballast").write_bytes(bytes(11 * MIB))

        def refused() -> BacklogFullError | None:
            try:
                client.submit(create("too much"))
            except BacklogFullError as error:
                return error
            return None

        error = wait_until(refused, "refusal")
        assert error.retry_after
        assert "reserve of 4 MiB" in str(error)
        (small_disk / "ballast").unlink()
        assert wait_until(lambda: refused() is None, "room again")
    assert bridge.stop() == 0


def test_fault_04_results_are_recorded_from_the_reserve(
    make_bridge: MakeBridge, small_disk: Path, tmp_path: Path
) -> None:
    """What was accepted is finished while nothing new is taken."""
    slow = {"settings": {"file": str(tmp_path / "target.sqlite"), "faults": {"throttles": 0.9}, "retry_after": 0.5}}
    journal = {"path": str(small_disk / "journal"), "disk_reserve_mib": 4}
    bridge = make_bridge({"memory": {"adapter": "hostile", **slow}}, journal=journal)
    bridge.start()
    with bridge.client() as client:
        accepted = [client.submit(create(f"user-{number}")) for number in range(20)]
        (small_disk / "ballast").write_bytes(bytes(12 * MIB))
        assert all(client.get(each.id, wait=True).state is State.SUCCEEDED for each in accepted)


@pytest.mark.parametrize(("started_before", "room"), [(False, 20_000), (False, 60_000), (True, 0)])
def test_fault_04_a_full_disk_at_the_start_is_one_sentence_and_the_next_start_goes_on(
    make_bridge: MakeBridge, small_disk: Path, room: int, *, started_before: bool
) -> None:
    bridge = make_bridge(journal={"path": str(small_disk / "journal")})
    if started_before:
        bridge.start()
        bridge.stop()
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError):
        ballast.write_bytes(bytes(17 * MIB))
    os.truncate(ballast, ballast.stat().st_size - room)
    before = len(bridge.said())
    bridge.spawn()
    assert bridge.wait() == EXIT_FAILED
    (told,) = bridge.said()[before:].splitlines()
    failed = json.loads(told)
    assert failed["event"] == "journal_failed"
    assert str(bridge.journal) in failed["message"]
    assert "make room on its disk" in failed["message"]
    ballast.unlink()
    bridge.start()
