"""Large operations, many of them: what waits is on disk, and memory holds a bounded part of it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.client import Accepted, Settled
from bridge.model.identity import ConnectorName
from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from tests.faults.conftest import MakeBridge
from tests.faults.operations import create

PEOPLE = ConnectorName("people")
LARGE = "x" * 1_000_000
COUNT = 250
SENT_MIB = COUNT * 3_000_000 / 2**20
MOST_MIB = 350
"""What the process may hold at its peak, libraries and all: less than half of what is sent."""


def operations() -> Iterator[Operation]:
    for number in range(COUNT):
        yield create(f"user-{number}", PEOPLE, first=LARGE, second=LARGE, third=LARGE)


def peak_mib(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


@pytest.mark.timeout(300)
def test_large_operations_wait_on_disk_and_not_in_memory(make_bridge: MakeBridge, tmp_path: Path) -> None:
    target = tmp_path / "people.db"
    with closing(sqlite3.connect(target, isolation_level=None)) as database:
        database.execute(
            "CREATE TABLE person (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, display_name TEXT,"
            " first TEXT, second TEXT, third TEXT)"
        )
        settings = {"url": f"sqlite:///{target}", "object_types": {"user": {"table": "person", "name": "login"}}}
        pause = {"retry_first_seconds": 0.1, "retry_longest_seconds": 0.5}
        bridge = make_bridge({PEOPLE: {"adapter": "sql", "settings": settings, **pause}})
        bridge.start()
        with bridge.client() as client:
            client.describe(PEOPLE)
            # While it is locked everything waits.
            database.execute("BEGIN IMMEDIATE")
            accepted, settled = 0, []
            for event in client.stream(operations()):
                match event:
                    case Accepted():
                        accepted += 1
                    case Settled(status):
                        settled.append(status.state)
                    case other:
                        raise AssertionError(other)
                if accepted == COUNT and database.in_transaction:
                    database.execute("ROLLBACK")
    assert set(settled) == {State.SUCCEEDED}
    assert len(settled) == COUNT
    assert peak_mib(bridge.pid) < MOST_MIB < SENT_MIB / 2
