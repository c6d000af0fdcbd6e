"""What an administrator does with a journal that no bridge has open: check, export, back up, restore, release.

Called by the CLI. `backup` may run beside the bridge; `restore` and `release` need the ownership lock.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from bridge.journal import entries, storage
from bridge.journal.acceptance import content_checksum
from bridge.journal.ownership import Ownership
from bridge.journal.recovery import Mode
from bridge.model.errors import ConfigurationError
from bridge.telemetry.audit import AuditEvent, AuditRecord, breaks

MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`problems` is empty for a sound journal; it stops at the first hundred."""

    problems: tuple[str, ...]
    operations: int
    audit_records: int


def check(directory: Path) -> CheckReport:
    """The file's pages, the audit chain, and each stored content against its audit record."""
    _require(directory)
    connection = storage.connect(directory, read_only=True)
    try:
        problems = [problem for _, problem in zip(range(MOST_PROBLEMS), _problems(connection), strict=False)]
        return CheckReport(tuple(problems), _count(connection, "operation"), _count(connection, "audit"))
    except DatabaseError as error:
        return CheckReport((f"the file cannot be read: {error.orig}",), 0, 0)
    finally:
        connection.close()


def _problems(connection: Connection) -> Iterator[str]:
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield f"file: {line}"
    records = (
        AuditRecord(row.number, row.record, row.hash)
        for row in connection.exec_driver_sql("SELECT number, record, hash FROM audit ORDER BY number")
    )
    for number in breaks(records, *storage.audit_base(connection)):
        yield f"audit record {number} does not follow from the one before it: altered, removed or put in"
    yield from _altered_contents(connection)


def _altered_contents(connection: Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql(
        "SELECT a.record, o.sequence, o.id, o.caller, o.connector, o.kind, o.content FROM audit AS a"
        " LEFT JOIN operation AS o ON o.sequence = a.record->>2 WHERE a.record->>1 = ?",
        (AuditEvent.ACCEPTED,),
    )
    for row in rows:
        if row.sequence is None:
            continue
        told = json.loads(row.record)[3:]
        stored = [row.caller, row.id, row.connector, row.kind, content_checksum(row.content)]
        if told != stored:
            yield f"operation {row.id} of {row.caller} is not what its audit record says: altered"


def _count(connection: Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def export(directory: Path, output: TextIO) -> int:
    """Write every operation that is readable as a JSON line, without secrets; tells how many."""
    _require(directory)
    connection = storage.connect(directory, read_only=True)
    written = 0
    try:
        rows = connection.exec_driver_sql(f"SELECT {entries.STATUS_COLUMNS} FROM operation ORDER BY sequence")
        for row in rows.mappings():
            output.write(json.dumps(dict(row), ensure_ascii=False) + "\n")
            written += 1
    except DatabaseError as error:
        raise ConfigurationError(f"the journal is readable up to here, {written} operations: {error.orig}") from error
    finally:
        connection.close()
    return written


def backup(directory: Path, destination: Path) -> None:
    """A consistent copy by SQLite's own backup; keys stay behind, so sealed secrets in it are dead."""
    _require(directory)
    if destination.exists():
        raise ConfigurationError(f"{destination} exists; name a new file")
    source = sqlite3.connect(f"{(directory / storage.FILE).absolute().as_uri()}?mode=ro", uri=True)
    copy = sqlite3.connect(destination)
    try:
        source.backup(copy)
        # Restored, it is recognised as a journal from the past.
        copy.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('mode', ?)", (Mode.RECONCILE,))
        copy.commit()
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()
        source.close()
    destination.chmod(0o600)


def restore(source: Path, directory: Path) -> None:
    """Put a backup in the journal's place; what was there is kept beside it. The next start reconciles."""
    if not source.is_file():
        raise ConfigurationError(f"{source} is no file; give one made by: ecma-bridge journal backup")
    owner = Ownership(directory)
    try:
        for name in (storage.FILE, f"{storage.FILE}-wal", f"{storage.FILE}-shm"):
            if (directory / name).exists():
                (directory / name).replace(directory / f"{name}.replaced")
        shutil.copyfile(source, directory / storage.FILE)
        (directory / storage.FILE).chmod(0o600)
    finally:
        owner.release()


def release(directory: Path) -> None:
    """End the reconcile mode of a restored journal: the next start accepts operations again."""
    _require(directory)
    owner = Ownership(directory)
    try:
        connection = storage.connect(directory)
        storage.write_fact(connection, "mode", Mode.NORMAL)
        (directory / storage.INCARNATION).unlink(missing_ok=True)
        connection.close()
    finally:
        owner.release()


def _require(directory: Path) -> None:
    if not (directory / storage.FILE).is_file():
        raise ConfigurationError(f"there is no journal in {directory}; give the directory that journal.path names")
