"""What opening a journal does to what the last process left: who was running is in doubt.

A journal that went back in time (restored from a backup) is noticed by its incarnation: the id of the last start
stands in the file and beside it, and a backup's differs (delivery C12).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection

from bridge.journal import storage
from bridge.journal.sealing import Sealer, sync_directory
from bridge.journal.transaction import Tail, Transaction
from bridge.model.errors import ConfigurationError
from bridge.model.identity import CallerName, ConnectorName, OperationId
from bridge.telemetry.audit import AuditEvent

STOPPED = "stopped"
"""Stands behind the incarnation once the bridge has stopped in order."""


RESTORED = "restored"
"""In the place of an incarnation, for a backup that was put in the journal's place and not started yet."""

NEVER_STARTED = "never"
"""In the place of an incarnation, for a journal that has had none."""


class Mode(StrEnum):
    NORMAL = "normal"
    RECONCILE = "reconcile"
    """Restored from a backup: everything open is read back at its target, nothing new is accepted until released."""


def mode_of(connection: Connection, directory: Path) -> Mode:
    """RECONCILE if the file is older than what was last started here, or was already so and is not yet released."""
    if storage.read_fact(connection, "mode") == Mode.RECONCILE:
        return Mode.RECONCILE
    beside = _read_beside(directory)
    if not beside or _incarnation(connection) in beside:
        return Mode.NORMAL
    return Mode.RECONCILE


def mark_restored(directory: Path) -> None:
    """What stood beside the journal speaks of the one that was replaced; a backup has no WAL to miss."""
    _write_beside(directory, RESTORED, STOPPED)


def compared(connection: Connection, directory: Path) -> bool:
    """Whether the bridge was started since the journal went back in time: only then what is open is in doubt."""
    return _incarnation(connection) != RESTORED and _incarnation(connection) in _read_beside(directory)


def wal_is_lost(directory: Path) -> bool:
    """A bridge that did not stop in order left a WAL, with commits that are nowhere else."""
    beside, wal = _read_beside(directory), directory / f"{storage.FILE}-wal"
    if not beside or STOPPED in beside or not (directory / storage.FILE).exists():
        return False
    return not wal.exists() or not wal.stat().st_size


def refuse_lost_wal(directory: Path) -> None:
    """Never go on without it."""
    if wal_is_lost(directory):
        wal = directory / f"{storage.FILE}-wal"
        raise ConfigurationError(
            f"the journal's file {wal} is missing or empty, though the bridge did not stop in order: what was accepted"
            f" last is in it; put it back, or give it up by: ecma-bridge journal release --path {directory}"
        )


def begin(connection: Connection, directory: Path, tail: Tail, sealer: Sealer, mode: Mode) -> None:
    """Start an epoch: put in doubt what was running, and leave the mark of this start."""
    before, incarnation = _incarnation(connection), secrets.token_hex(8)
    # Both, for as long as a crash may leave either in the journal; and until the commit there is nothing in the WAL.
    _write_beside(directory, before, incarnation, STOPPED)
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    transaction = Transaction(connection, tail, sealer, time.time())
    tail.epoch += 1
    storage.write_fact(connection, "epoch", str(tail.epoch))
    storage.write_fact(connection, "mode", mode)
    storage.write_fact(connection, "incarnation", incarnation)
    _doubt(transaction, mode)
    transaction.write_audit()
    connection.exec_driver_sql("COMMIT")
    _write_beside(directory, incarnation)


def mark_stopped(directory: Path) -> None:
    """From here on the WAL may be gone: closing the journal in order takes it away."""
    # Into the file that is there, so that a full disk has room for it. A start that came not so far has none.
    with contextlib.suppress(OSError), (directory / storage.INCARNATION).open("r+", encoding="utf-8") as file:
        file.seek(0, os.SEEK_END)
        file.write(f" {STOPPED}")
        file.flush()
        os.fsync(file.fileno())


def _incarnation(connection: Connection) -> str:
    return storage.read_fact(connection, "incarnation") or NEVER_STARTED


def _doubt(transaction: Transaction, mode: Mode) -> None:
    """What ran, and what was read back but not sent again yet: what was read is forgotten, so it is read once more.

    A restored journal cannot know what was applied since its backup: all that is open is in doubt.
    """
    doubtful = "state IN ('running', 'confirming') OR (state = 'waiting' AND outcome->>'$[0][0]' = 'not_applied')"
    if mode is Mode.RECONCILE:
        doubtful = "state IN ('running', 'confirming', 'accepted', 'waiting')"
    doubted = transaction.connection.exec_driver_sql(
        "UPDATE operation SET state = 'uncertain', not_before = NULL WHERE settle_number IS NULL"
        f" AND ({doubtful}) RETURNING sequence, caller, id, connector"
    ).all()
    for row in doubted:
        identity = (CallerName(row.caller), OperationId(row.id), ConnectorName(row.connector))
        event = AuditEvent.RESTORED if mode is Mode.RECONCILE else AuditEvent.DOUBTED
        transaction.audit(event, row.sequence, identity)


def _read_beside(directory: Path) -> list[str]:
    beside = directory / storage.INCARNATION
    return beside.read_text(encoding="utf-8").split() if beside.exists() else []


def _write_beside(directory: Path, *words: str) -> None:
    """On disk as a whole, or not at all."""
    fresh = directory / f"{storage.INCARNATION}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(" ".join(words))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / storage.INCARNATION)
    sync_directory(directory)
