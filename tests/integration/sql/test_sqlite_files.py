"""A SQLite file that cannot be written, or is no longer where the URL says, is a target that is not reached."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.sdk import Applied, BridgeError, ConnectionFailedError, Deferred, Failure, outcome_of
from tests.support.sql_connector import SqlConnector, create, opened, user
from tests.support.sql_tables import sqlite_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@pytest.fixture
def shared_file() -> Iterator[Path]:
    """A path in a directory that every user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name) / "people.db"


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """As a user whom file permissions bind."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def make_read_only(file: Path) -> None:
    for each in file.parent.iterdir():
        each.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)


def leave_hot_journal(file: Path) -> None:
    """As a program leaves it that was killed in the middle of a transaction."""
    copy = file.with_name("copy.db")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA cache_size = 1")
        other.execute("BEGIN")
        other.executemany("INSERT INTO person (login) VALUES (?)", [(f"{n:0200}",) for n in range(500)])
        shutil.copy(file, copy)
        shutil.copy(f"{file}-journal", f"{copy}-journal")
        other.execute("ROLLBACK")
    Path(f"{copy}-journal").rename(f"{file}-journal")
    copy.rename(file)


def held_back(connector: SqlConnector, name: str) -> Failure:
    """Why the create of that user waits; as an exception or as an outcome it is the same to the host."""
    try:
        outcome = connector.one(create(user(name)))
    except BridgeError as error:
        outcome = outcome_of(error)
    assert isinstance(outcome, Deferred)
    return outcome.failure


@pytest.mark.parametrize("markers", ["create", "none"])
def test_a_hot_journal_that_cannot_be_rolled_back_is_told_with_the_fix(shared_file: Path, markers: str):
    settings = sqlite_settings(shared_file, markers=markers)
    leave_hot_journal(shared_file)
    make_read_only(shared_file)
    with unprivileged(), pytest.raises(ConnectionFailedError, match="read-only for the service's user: grant it write"):
        SqlConnector(settings).adapter.open()


def test_a_file_that_became_read_only_holds_writes_back_and_is_read(shared_file: Path):
    settings = sqlite_settings(shared_file)
    with opened(settings) as connector:
        connector.one(create(user("ann")))
    make_read_only(shared_file)
    with unprivileged(), opened(settings) as connector:
        held = connector.one(create(user("bob")))
        assert isinstance(held, Deferred)
        assert held.failure.code == "connection_failed"
        assert "grant it write on the file and its directory" in held.failure.message
        assert "login" not in held.failure.message
    with unprivileged(), opened(settings) as connector:
        assert [each.name for each in connector.found("user")] == ["ann"]
        with pytest.raises(BridgeError, match=r"people\.db' is read-only for the service's user"):
            connector.adapter.test()


def test_a_file_that_is_gone_is_not_read_from_and_not_made_anew(sqlite: SqlConnector, sqlite_file: Path):
    sqlite.one(create(user("ann")))
    moved = sqlite_file.rename(sqlite_file.with_name("moved.db"))
    for reading in (
        lambda: sqlite.adapter.get(user("ann")),
        lambda: sqlite.found("user"),
        sqlite.adapter.check_alive,
        sqlite.adapter.test,
    ):
        with pytest.raises(ConnectionFailedError, match="cannot be reached"):
            reading()
    assert isinstance(sqlite.one(create(user("bob"))), Deferred)
    with pytest.raises(ConnectionFailedError, match="cannot be reached"):
        sqlite.adapter.open()
    assert not sqlite_file.exists()
    moved.rename(sqlite_file)
    assert isinstance(sqlite.one(create(user("bob"))), Applied)


def test_a_file_in_the_place_of_another_is_reached_by_opening_anew(
    sqlite: SqlConnector, sqlite_file: Path, tmp_path: Path
):
    sqlite.one(create(user("ann")))
    other = tmp_path / "other.db"
    sqlite_settings(other)
    other.rename(sqlite_file)
    with pytest.raises(ConnectionFailedError, match="another file"):
        sqlite.adapter.get(user("ann"))
    sqlite.adapter.close()
    sqlite.adapter.open()
    assert sqlite.adapter.get(user("ann")) is None


GARBAGE = b"\xff" * 8192


@pytest.mark.parametrize("there", [b"", GARBAGE], ids=["empty", "garbage"])
def test_a_file_on_its_way_back_from_a_backup_holds_operations_back(
    sqlite: SqlConnector, sqlite_file: Path, there: bytes
):
    sqlite.one(create(user("ann")))
    whole = sqlite_file.read_bytes()
    sqlite_file.write_bytes(there)
    # The first finds it, the second opens anew.
    for _ in range(2):
        assert held_back(sqlite, "bob").code == "connection_failed"
    sqlite_file.write_bytes(whole)
    assert isinstance(sqlite.one(create(user("bob"))), Applied)


def test_a_file_that_is_no_database_is_told_with_the_fix(sqlite: SqlConnector, sqlite_file: Path):
    sqlite_file.write_bytes(GARBAGE)
    assert "restore it from a backup" in held_back(sqlite, "ann").message
    with pytest.raises(ConnectionFailedError, match="url: the file is no SQLite database"):
        sqlite.adapter.open()
