"""What an administrator does with a journal that no bridge has open: check, export, back up, restore, release.

Called by the CLI. `backup` may run beside the bridge; `restore` and `release` need the ownership lock.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from bridge.journal import entries, recovery, storage
from bridge.journal.acceptance import content_checksum
from bridge.journal.ownership import Ownership
from bridge.journal.recovery import Mode
from bridge.model.errors import ConfigurationError
from bridge.telemetry.audit import AuditEvent, AuditRecord, breaks

MOST_PROBLEMS = 100
_FRESH = f"{storage.FILE}.fresh"
"""A backup on its way into the journal's place."""


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
    if not destination.parent.is_dir():
        raise ConfigurationError(f"there is no directory {destination.parent}; make it, or name another file")
    try:
        _copy(directory, destination)
    except sqlite3.Error as error:
        destination.unlink(missing_ok=True)
        raise ConfigurationError(
            f"no backup could be made in {destination}: {error}; name a file where there is room and you may write,"
            f" or run: ecma-bridge journal check --path {directory}"
        ) from error
    destination.chmod(0o600)


def _copy(directory: Path, destination: Path) -> None:
    source = sqlite3.connect(f"{(directory / storage.FILE).absolute().as_uri()}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(destination)) as copy:
        source.backup(copy)
        # Restored, it is recognised as a journal from the past.
        copy.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('mode', ?)", (Mode.RECONCILE,))
        copy.commit()
        copy.execute("PRAGMA journal_mode = DELETE")


def restore(source: Path, directory: Path) -> Path | None:
    """Put a backup in the journal's place. The next start reconciles.

    Gives the new directory beside it into which what was there was moved, if there was anything. A file that is no
    sound backup is refused, and nothing is touched.
    """
    if not source.is_file():
        raise ConfigurationError(f"{source} is no file; give one made by: ecma-bridge journal backup")
    owner = Ownership(directory)
    try:
        _take_over(source, directory)
        aside = _set_aside(directory)
        (directory / _FRESH).replace(directory / storage.FILE)
        recovery.mark_restored(directory)
    finally:
        (directory / _FRESH).unlink(missing_ok=True)
        owner.release()
    return aside


def _take_over(source: Path, directory: Path) -> None:
    """A copy beside the journal, checked and marked as restored."""
    fresh = directory / _FRESH
    shutil.copyfile(source, fresh)
    fresh.chmod(0o600)
    try:
        connection = storage.connect(directory, read_only=True, file=_FRESH)
        try:
            made_by_backup = storage.read_fact(connection, "mode") == Mode.RECONCILE
            problem = next(_problems(connection), None) if made_by_backup else "it was not made by journal backup"
        finally:
            connection.close()
    except (ConfigurationError, DatabaseError):
        problem = "it is no journal"
    if problem is not None:
        raise ConfigurationError(f"{source} cannot be restored: {problem}; nothing was changed")
    with closing(sqlite3.connect(fresh)) as copy, copy:
        copy.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('incarnation', ?)", (recovery.RESTORED,))


def _set_aside(directory: Path) -> Path | None:
    """What was there goes into a directory of its own, so that no restore overwrites what another has kept."""
    there = [name for end in ("", "-wal", "-shm") if (directory / (name := f"{storage.FILE}{end}")).exists()]
    if not there:
        return None
    aside = next(each for number in count(1) if not (each := directory / f"replaced-{number}").exists())
    aside.mkdir(mode=0o700)
    for name in there:
        (directory / name).replace(aside / name)
    return aside


def release(directory: Path) -> None:
    """End the reconcile mode of a restored journal, or give up a lost WAL: the next start accepts operations again."""
    _require(directory)
    owner = Ownership(directory)
    try:
        connection = storage.connect(directory)
        try:
            _refuse_unstarted(connection, directory)
            storage.write_fact(connection, "mode", Mode.NORMAL)
        finally:
            connection.close()
        (directory / storage.INCARNATION).unlink(missing_ok=True)
    except DatabaseError as error:
        raise ConfigurationError(
            f"the journal in {directory} has lost its tables ({error.orig}); restore a backup"
        ) from None
    finally:
        owner.release()


def _refuse_unstarted(connection: Connection, directory: Path) -> None:
    """Released before it was compared, what was done since the backup would be done again."""
    if recovery.wal_is_lost(directory) or recovery.mode_of(connection, directory) is Mode.NORMAL:
        return
    if not recovery.compared(connection, directory):
        raise ConfigurationError(
            "the journal was restored and not started since; start the bridge, so that what is open is read back at its"
            " target, then stop it and release"
        )


def _require(directory: Path) -> None:
    if not (directory / storage.FILE).is_file():
        raise ConfigurationError(f"there is no journal in {directory}; give the directory that journal.path names")
