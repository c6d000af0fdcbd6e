"""What opening a journal does to what the last process left: who was running is in doubt.

A journal that went back in time (restored from a backup) is noticed by its incarnation: the id of the last start
stands in the file and beside it, and a backup's differs (delivery C12).
"""

from __future__ import annotations

import secrets
import time
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection

from bridge.journal import storage
from bridge.journal.sealing import Sealer, sync_directory
from bridge.journal.transaction import Tail, Transaction
from bridge.model.identity import CallerName, ConnectorName, OperationId
from bridge.telemetry.audit import AuditEvent


class Mode(StrEnum):
    NORMAL = "normal"
    RECONCILE = "reconcile"
    """Restored from a backup: everything open is read back at its target, nothing new is accepted until released."""


def mode_of(connection: Connection, directory: Path) -> Mode:
    """RECONCILE if the file is older than what was last started here, or was already so and is not yet released."""
    if storage.read_fact(connection, "mode") == Mode.RECONCILE:
        return Mode.RECONCILE
    beside = directory / storage.INCARNATION
    own = (storage.read_fact(connection, "incarnation"), storage.read_fact(connection, "incarnation_before"))
    if not beside.exists() or beside.read_text(encoding="utf-8") in own:
        return Mode.NORMAL
    return Mode.RECONCILE


def begin(connection: Connection, directory: Path, tail: Tail, sealer: Sealer, mode: Mode) -> None:
    """Start an epoch: put in doubt what was running, and leave the mark of this start."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    transaction = Transaction(connection, tail, sealer, time.time())
    tail.epoch += 1
    storage.write_fact(connection, "epoch", str(tail.epoch))
    storage.write_fact(connection, "mode", mode)
    incarnation = _new_incarnation(connection)
    _doubt(transaction, mode)
    transaction.write_audit()
    connection.exec_driver_sql("COMMIT")
    _write_beside(directory, incarnation)


def _new_incarnation(connection: Connection) -> str:
    storage.write_fact(connection, "incarnation_before", storage.read_fact(connection, "incarnation") or "")
    incarnation = secrets.token_hex(8)
    storage.write_fact(connection, "incarnation", incarnation)
    return incarnation


def _doubt(transaction: Transaction, mode: Mode) -> None:
    """A restored journal cannot know what was applied since its backup: all that is open is in doubt."""
    states = "'running', 'confirming'"
    if mode is Mode.RECONCILE:
        states += ", 'accepted', 'waiting'"
    doubted = transaction.connection.exec_driver_sql(
        "UPDATE operation SET state = 'uncertain', not_before = NULL WHERE settle_number IS NULL"
        f" AND state IN ({states}) RETURNING sequence, caller, id, connector"
    ).all()
    for row in doubted:
        identity = (CallerName(row.caller), OperationId(row.id), ConnectorName(row.connector))
        event = AuditEvent.RESTORED if mode is Mode.RECONCILE else AuditEvent.DOUBTED
        transaction.audit(event, row.sequence, identity)


def _write_beside(directory: Path, incarnation: str) -> None:
    (directory / storage.INCARNATION).write_text(incarnation, encoding="utf-8")
    sync_directory(directory)
