"""The store's file: what a killed process had done is there, and its history tells what that was."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.sdk import (
    AdapterContext,
    Applied,
    Attempt,
    AttributeDelta,
    Attributes,
    Body,
    CallerName,
    ConfigurationError,
    ConnectorName,
    Create,
    Delete,
    DeltaKind,
    Name,
    ObjectRef,
    Operation,
    OperationId,
    Rejected,
    Secret,
    SetPassword,
    Update,
)
from bridge.sdk.testing.memory import HistoryRow, MemoryAdapter, MemoryConfig, read_history
from bridge.sdk.testing.memory.schema import GROUP, USER
from tests.contract.samples import SAMPLE

ALICE = ObjectRef(USER, name=Name("alice"))

# Creates users for ever, fifty a batch, and says after each batch that it was answered.
ENDLESS = """
import itertools, sys
from pathlib import Path
from tests.unit.memory.test_store_file import creation, opened
adapter = opened(Path(sys.argv[1]))
for number in itertools.count():
    adapter.export([creation(f"{number}-{each}") for each in range(50)])
    print(number, flush=True)
"""


def opened(file: Path) -> MemoryAdapter:
    adapter = MemoryAdapter(MemoryConfig(file=file), AdapterContext(ConnectorName("memory"), Secret))
    adapter.open()
    return adapter


def attempt(operation: str, target: ObjectRef, body: Body, number: int = 1) -> Attempt:
    asked = Operation(OperationId(operation), CallerName("test"), ConnectorName("memory"), target, body)
    return Attempt(asked, number)


def creation(name: str, attributes: Attributes | None = None) -> Attempt:
    return attempt(name, ObjectRef(USER, name=Name(name)), Create(attributes or {}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def adapter(file: Path) -> Iterator[MemoryAdapter]:
    adapter = opened(file)
    yield adapter
    adapter.close()


def test_every_value_outlives_the_process(adapter: MemoryAdapter, file: Path) -> None:
    adapter.export([creation("boss")])
    boss = adapter.get(ObjectRef(USER, name=Name("boss")))
    assert boss is not None
    values = {**SAMPLE.values, "display_name": ("nul \0 and 🦊",), "manager": (boss.ref,)}
    adapter.export([creation("alice\0", values)])
    before = adapter.get(ObjectRef(USER, name=Name("alice\0")))
    assert before is not None
    assert before.attributes["manager"] == (boss.ref,)
    adapter.close()
    reopened = opened(file)
    assert reopened.get(before.ref) == before
    reopened.close()


def test_a_password_outlives_the_process_and_is_not_in_the_file(adapter: MemoryAdapter, file: Path) -> None:
    adapter.export([creation("alice", {"pin": (Secret("pin-4711"),)})])
    adapter.export([attempt("set", ALICE, SetPassword(Secret("a very long password")))])
    adapter.close()
    written = b"".join(each.read_bytes() for each in file.parent.iterdir())
    assert b"alice" in written
    assert b"a very long password" not in written
    assert b"pin-4711" not in written


def test_the_history_has_every_attempt_in_order(adapter: MemoryAdapter, file: Path) -> None:
    adapter.export([creation("alice", {"surname": ("A",)})])
    adapter.export([attempt("again", ALICE, Create({}), number=2)])
    same = Update((AttributeDelta("surname", DeltaKind.REPLACE, ("A",)),))
    adapter.export([attempt("same", ALICE, same)])
    adapter.export([attempt("gone", ALICE, Delete())])
    history = read_history(file)
    anchor = history[0].anchor
    assert anchor
    assert history == (
        HistoryRow(1, "alice", 1, "create", "applied", USER, anchor, "alice"),
        HistoryRow(2, "again", 2, "create", "already_exists", USER, anchor, "alice"),
        HistoryRow(3, "same", 1, "update", "unchanged", USER, anchor, "alice"),
        HistoryRow(4, "gone", 1, "delete", "applied", USER, anchor, "alice"),
    )


def test_an_anchor_is_not_given_again_after_a_restart(adapter: MemoryAdapter, file: Path) -> None:
    adapter.export([creation("alice")])
    adapter.export([attempt("gone", ALICE, Delete())])
    adapter.close()
    reopened = opened(file)
    reopened.export([attempt("second", ALICE, Create({}))])
    first, _, second = (row.anchor for row in read_history(file))
    assert first != second
    reopened.close()


def test_instances_share_the_file_until_the_last_is_closed(adapter: MemoryAdapter, file: Path) -> None:
    other = opened(file)
    other.export([creation("alice")])
    other.close()
    assert adapter.get(ALICE)


def test_a_reference_to_a_deleted_object_is_gone(adapter: MemoryAdapter) -> None:
    adapter.export([creation("alice")])
    team = ObjectRef(GROUP, name=Name("team"))
    adapter.export([attempt("team", team, Create({"member": (ALICE,)}))])
    adapter.export([attempt("gone", ALICE, Delete())])
    found = adapter.get(team)
    assert found is not None
    assert found.attributes["member"] == ()


def test_what_cannot_be_written_down_has_not_happened(adapter: MemoryAdapter, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("DROP TABLE history")
    with pytest.raises(sqlite3.OperationalError, match="history"):
        adapter.export([creation("alice")])
    assert adapter.get(ALICE) is None


@pytest.mark.parametrize("batches", [1, 5, 20])
def test_a_killed_process_loses_nothing_that_was_answered(file: Path, batches: int) -> None:
    command = [sys.executable, "-c", ENDLESS, str(file)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as bridge:
        assert bridge.stdout is not None
        for _ in range(batches):
            answered = int(bridge.stdout.readline())
        bridge.send_signal(signal.SIGKILL)
        bridge.stdout.read()
    history = read_history(file)
    assert [row.number for row in history] == list(range(1, len(history) + 1))
    assert len(history) >= (answered + 1) * 50
    adapter = opened(file)
    assert all(adapter.get(ObjectRef(USER, name=Name(row.operation))) for row in history)
    again = adapter.export([creation(row.operation) for row in history]).values()
    assert all(isinstance(each, Rejected) for each in again)
    assert isinstance(adapter.export([creation("next")])[OperationId("next")], Applied)
    adapter.close()


def test_a_file_that_is_no_store_is_refused(file: Path) -> None:
    file.write_text("this is no database, although it is longer than a header of one would be " * 20)
    with pytest.raises(ConfigurationError, match="file: "):
        opened(file)
