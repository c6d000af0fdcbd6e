"""Opens the journal's file: pragmas, checks, facts. Used by `Journal` and by maintenance."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from bridge.journal import disk
from bridge.journal.transaction import Tail
from bridge.model.errors import ConfigurationError
from bridge.telemetry.audit import GENESIS, AuditChain

FILE = "journal.sqlite"
KEYS = "keys"
INCARNATION = "incarnation"
"""File beside the journal that holds the id of its last start. A restored journal's own id differs from it."""

_SECURE_DELETE = "PRAGMA secure_delete = ON"


def connect(directory: Path, *, create: bool = False, read_only: bool = False, file: str = FILE) -> Connection:
    """A connection in autocommit mode: transactions are begun by name. WAL, every commit on disk before it returns."""
    path = directory / file
    mode = "ro" if read_only else "rwc" if create else "rw"
    engine = create_engine(
        "sqlite://",
        poolclass=NullPool,
        creator=lambda: sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        ),
        skip_autocommit_rollback=True,
        # The text of an error is shown; what operations hold is not.
        hide_parameters=True,
    )
    try:
        connection = engine.connect()
        _configure(connection, read_only=read_only)
    except DatabaseError as error:
        if disk.of_the_disk(error):
            raise disk.refusal(error, path) from error
        raise ConfigurationError(
            f"the journal {path} cannot be opened: {error.orig}; run: ecma-bridge journal check --path {directory}"
        ) from error
    return connection


def _configure(connection: Connection, *, read_only: bool) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout = 10000")
    if read_only:
        return
    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    connection.exec_driver_sql("PRAGMA synchronous = FULL")
    connection.exec_driver_sql(_SECURE_DELETE)
    # The journals of single statements: each would be a file made, written and removed, and none outlives a crash.
    connection.exec_driver_sql("PRAGMA temp_store = MEMORY")
    connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 4000")


def refuse_damage(connection: Connection, directory: Path) -> None:
    """Refuse a damaged file at start; never mend it silently."""
    try:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    except DatabaseError as error:
        if disk.of_the_disk(error):
            raise
        found = str(error.orig)
    if found != "ok":
        raise ConfigurationError(
            f"the journal {directory / FILE} is damaged: {found}; save it, then run: ecma-bridge journal export --path"
            f" {directory} to read what is readable, and ecma-bridge journal restore to go back to a backup"
        )


def read_fact(connection: Connection, name: str) -> str | None:
    value = connection.exec_driver_sql("SELECT value FROM fact WHERE name = ?", (name,)).scalar()
    return None if value is None else str(value)


def write_fact(connection: Connection, name: str, value: str) -> None:
    connection.exec_driver_sql("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, value))


def audit_base(connection: Connection) -> tuple[int, str]:
    """Where the kept part of the audit chain goes on from: number and hash of the last record cut off."""
    number, _, last = (read_fact(connection, "audit_base") or f"0 {GENESIS}").partition(" ")
    return int(number), last


def read_tail(connection: Connection) -> Tail:
    """The ends of all numberings, as the file has them."""

    def last(column: str, table: str) -> int:
        return int(connection.exec_driver_sql(f"SELECT coalesce(max({column}), 0) FROM {table}").scalar_one())

    end = connection.exec_driver_sql("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").one_or_none()
    number, last_hash = audit_base(connection) if end is None else (end.number, end.hash)
    return Tail(
        sequence=max(last("sequence", "operation"), int(read_fact(connection, "sequence") or 0)),
        lane=last("lane", "lane_alias") + 1,
        settle_number=max(last("settle_number", "operation"), int(read_fact(connection, "settle_number") or 0)),
        epoch=int(read_fact(connection, "epoch") or 0),
        chain=AuditChain(number, last_hash),
    )


def free_bytes(directory: Path) -> int:
    return shutil.disk_usage(directory).free
