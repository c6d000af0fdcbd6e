"""Exhaustion of the process: no memory ends it, no descriptor keeps newcomers out, and neither loses anything."""

from __future__ import annotations

import resource
import select
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from bridge.sdk.testing.memory import read_history
from tests.crash.bridge_process import BridgeProcess
from tests.faults.caller import Caller
from tests.faults.conftest import MakeBridge
from tests.faults.operations import create
from tests.support.waiting import wait_until

COUNT = 200
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
"""How an HTTP/2 client begins: the server answers with its settings (RFC 9113 §3.4)."""


def large(count: int) -> list[Operation]:
    """More than the memory that is left can hold, behind a few that it can."""
    return [create(f"user-{number}", photo=bytes(100 if number < 50 else 300_000)) for number in range(count)]


def limit_memory(pid: int, room_mib: int) -> None:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    used = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmSize:"))
    resource.prlimit(pid, resource.RLIMIT_AS, (used + (room_mib << 20), resource.RLIM_INFINITY))


def applied(target: Path) -> list[str]:
    return sorted(row.operation for row in read_history(target) if row.effect == "applied")


def ended_in_between(bridge: BridgeProcess, done: Callable[[], bool]) -> bool:
    """Whether it ended for want of memory, by a code that is not 0, before all was done; then it is started again."""
    wait_until(lambda: bridge.ended() is not None or done(), "end, of the process or of the work", 60.0)
    if bridge.ended() is None:
        return False
    assert bridge.ended() != 0
    bridge.start()
    return True


@pytest.mark.parametrize("room_mib", [0, 2, 8, 20])
def test_fault_09_out_of_memory_ends_the_process_and_loses_nothing(
    bridge: BridgeProcess, tmp_path: Path, room_mib: int
) -> None:
    """What it holds is bounded, so with a little room it may get through; it never lives on with a part of it dead."""
    bridge.start()
    operations = large(COUNT)
    with bridge.client() as client:
        # The target, a file that is read in the same process, is open then.
        client.submit(operations[0], wait=True)
    limit_memory(bridge.pid, room_mib)
    caller = Caller(bridge, operations)
    ended = ended_in_between(bridge, caller.is_done)
    assert ended or room_mib
    caller.join()
    assert caller.settled == [State.SUCCEEDED] * COUNT
    assert applied(tmp_path / "target.sqlite") == sorted(each.id for each in operations)


def test_fault_09_out_of_memory_in_the_dispatcher_ends_the_process(make_bridge: MakeBridge, tmp_path: Path) -> None:
    """What waits is taken up all at once."""
    file = {"file": str(tmp_path / "target.sqlite")}
    busy = {"adapter": "hostile", "settings": {**file, "faults": {"throttles": 1.0}, "retry_after": 3600.0}}
    bridge = make_bridge({"memory": busy})
    bridge.start()
    operations = large(COUNT)
    with bridge.client() as client:
        for each in operations:
            client.submit(each)
        wait_until(
            lambda: all(each.state is State.WAITING for each in client.list()), "pause that the target asked for"
        )
    bridge.stop()
    bridge.configure({"memory": {"adapter": "memory", "settings": file, "retry_longest_seconds": 5.0}}, {})
    bridge.start()
    limit_memory(bridge.pid, 0)
    target = tmp_path / "target.sqlite"
    ended_in_between(bridge, lambda: len(applied(target)) == COUNT)
    with bridge.client() as client:
        assert [client.get(each.id, wait=True).state for each in operations] == [State.SUCCEEDED] * COUNT
    assert applied(target) == sorted(each.id for each in operations)


def answered(peers: Sequence[socket.socket]) -> list[socket.socket]:
    return select.select(peers, [], [], 0)[0]


def test_fault_10_without_descriptors_nobody_new_connects_and_the_rest_goes_on(bridge: BridgeProcess) -> None:
    bridge.start()
    with ExitStack() as opened:
        client = opened.enter_context(bridge.client())
        client.submit(create("before"), wait=True)
        limits = resource.prlimit(bridge.pid, resource.RLIMIT_NOFILE)
        used = len(list(Path(f"/proc/{bridge.pid}/fd").iterdir()))
        resource.prlimit(bridge.pid, resource.RLIMIT_NOFILE, (used + 3, limits[1]))
        peers = [opened.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(10)]
        for each in peers:
            each.connect(bridge.target.removeprefix("unix://"))
            each.sendall(HELLO)
        wait_until(lambda: "descriptors_exhausted" in bridge.said(), "line in the log")
        told = [client.submit(create(f"user-{number}"), wait=True) for number in range(50)]
        assert [each.state for each in told] == [State.SUCCEEDED] * 50
        served = answered(peers)
        assert len(served) <= 3
        for each in served:
            each.close()
        kept_out = [each for each in peers if each not in served]
        wait_until(lambda: answered(kept_out), "answer to one who waited, once another has gone")
        resource.prlimit(bridge.pid, resource.RLIMIT_NOFILE, limits)
        wait_until(lambda: len(answered(kept_out)) == len(kept_out), "answer to all who waited")
        wait_until(lambda: "descriptors_free" in bridge.said(), "second line in the log")
    assert bridge.said().count("descriptors_exhausted") == 1
    assert bridge.stop() == 0
