"""Faults of stopping and starting: a stop ends in time and leaves what runs to the next start; a start converges."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from bridge.model.lifecycle import State
from tests.crash.bridge_process import BridgeProcess
from tests.faults.conftest import MakeBridge
from tests.faults.operations import create
from tests.support.waiting import wait_until


def hanging(tmp_path: Path, seconds: float) -> dict[str, Any]:
    """A target that says nothing for so long, and then does what it was asked, or not."""
    script = {"file": str(tmp_path / "target.sqlite"), "faults": {"hangs": 1.0}, "hang_seconds": seconds, "seed": 3}
    return {"memory": {"adapter": "hostile", "deadline_seconds": 60.0, "settings": script}}


def running(bridge: BridgeProcess) -> str:
    """An operation whose call is under way."""
    with bridge.client() as client:
        told = client.submit(create("alice"))
        wait_until(lambda: client.get(told.id).state is State.RUNNING, "running operation")
    return told.id


def settles(bridge: BridgeProcess, tmp_path: Path, operation: Any) -> None:
    """After a start with a target that answers, the operation is read back and brought to its end, once."""
    settings = {"file": str(tmp_path / "target.sqlite")}
    bridge.configure({"memory": {"adapter": "memory", "settings": settings}}, {})
    bridge.start()
    with bridge.client() as client:
        assert client.get(operation, wait=True).state is State.SUCCEEDED


def test_fault_14_a_stop_waits_for_a_call_that_runs(make_bridge: MakeBridge, tmp_path: Path) -> None:
    bridge = make_bridge(hanging(tmp_path, 2.0))
    bridge.start()
    operation = running(bridge)
    assert bridge.stop() == 0
    settles(bridge, tmp_path, operation)


def test_fault_14_a_second_signal_ends_the_grace(make_bridge: MakeBridge, tmp_path: Path) -> None:
    bridge = make_bridge(hanging(tmp_path, 60.0))
    bridge.start()
    operation = running(bridge)
    begun = time.monotonic()
    bridge.signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in bridge.said(), "beginning of the stop")
    bridge.signal(signal.SIGTERM)
    assert bridge.wait() == 0
    assert time.monotonic() - begun < 10
    settles(bridge, tmp_path, operation)


@pytest.mark.slow
def test_fault_14_a_stop_does_not_wait_longer_than_its_grace(make_bridge: MakeBridge, tmp_path: Path) -> None:
    bridge = make_bridge(hanging(tmp_path, 60.0))
    bridge.start()
    operation = running(bridge)
    begun = time.monotonic()
    assert bridge.stop() == 0
    assert 15 < time.monotonic() - begun < 28
    settles(bridge, tmp_path, operation)


def test_fault_02_killed_in_recovery_again_and_again_it_converges(bridge: BridgeProcess) -> None:
    bridge.start()
    operations = [create(f"user-{number}") for number in range(300)]
    with bridge.client() as client:
        for _, event in zip(range(200), client.stream(operations), strict=False):
            assert event
    bridge.kill()
    moments = random.Random(2)
    for _ in range(10):
        bridge.spawn()
        time.sleep(moments.uniform(0.3, 1.2))
        bridge.kill()
    bridge.start()
    with bridge.client() as client:
        assert [client.submit(each, wait=True).state for each in operations] == [State.SUCCEEDED] * 300


def test_fault_16_a_full_disk_behind_the_log_stops_nothing(bridge: BridgeProcess) -> None:
    bridge.log = Path("/dev/full")
    bridge.spawn()
    wait_until(bridge.answers, "answer")
    with bridge.client() as client:
        assert client.submit(create("alice"), wait=True).state is State.SUCCEEDED
    assert bridge.stop() == 0
