"""What was done to a store, attempt by attempt, in order: the evidence by which a test judges the bridge.

Called by `store`, under its lock. The ledger in a file holds the objects as well and writes both in one
transaction, so an effect and its row survive a killed process together or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple, Protocol

from bridge.sdk import Anchor, Applied, Attempt, CallerName, ConfigurationError, Name, ObjectType, OperationId
from bridge.sdk.testing.memory.entry import Entry, attributes_from_json, attributes_to_json

APPLIED = "applied"
UNCHANGED = "unchanged"

_TABLES = """
CREATE TABLE IF NOT EXISTS object (
    anchor TEXT PRIMARY KEY,
    object_type TEXT NOT NULL,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    password TEXT,
    version INTEGER NOT NULL,
    UNIQUE (object_type, name));
CREATE TABLE IF NOT EXISTS history (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    caller TEXT NOT NULL,
    operation TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    verb TEXT NOT NULL,
    effect TEXT NOT NULL,
    object_type TEXT NOT NULL,
    anchor TEXT,
    name TEXT);
CREATE INDEX IF NOT EXISTS history_operation ON history (operation, caller);
"""
_COLUMNS = "number, operation, attempt, verb, effect, object_type, anchor, name"


class HistoryRow(NamedTuple):
    """One attempt, at its place in the order.

    `effect` is ``applied``, ``unchanged`` or the code of the error. `anchor` and `name` are of the object
    after the attempt, or of the object addressed if there is none.
    """

    number: int
    operation: str
    attempt: int
    verb: str
    effect: str
    object_type: str
    anchor: str | None
    name: str | None


class Ledger(Protocol):
    def load(self) -> Iterable[Entry]:
        """The objects that outlived the last process."""
        ...

    def record(self, attempt: Attempt, effect: str, anchor: Anchor | None, entry: Entry | None) -> None:
        """Write one attempt down. `entry` is the object as it is now, None if it is gone."""
        ...

    def applied(self, caller: CallerName, operations: Sequence[OperationId]) -> dict[OperationId, Applied]: ...

    def rows(self) -> Sequence[HistoryRow]: ...

    def close(self) -> None: ...


class MemoryLedger:
    """A history that ends with the process."""

    def __init__(self) -> None:
        self._rows: list[HistoryRow] = []
        self._applied: dict[tuple[CallerName, OperationId], Applied] = {}

    def load(self) -> Iterable[Entry]:
        return ()

    def record(self, attempt: Attempt, effect: str, anchor: Anchor | None, entry: Entry | None) -> None:
        row = _row(attempt, effect, anchor, entry)
        self._rows.append(HistoryRow(len(self._rows) + 1, *row))
        if effect == APPLIED:
            identity = attempt.operation.caller, attempt.operation.id
            self._applied[identity] = Applied(anchor, entry.name if entry else None)

    def applied(self, caller: CallerName, operations: Sequence[OperationId]) -> dict[OperationId, Applied]:
        return {each: self._applied[caller, each] for each in operations if (caller, each) in self._applied}

    def rows(self) -> Sequence[HistoryRow]:
        return tuple(self._rows)

    def close(self) -> None:
        """Nothing to let go of: the store keeps its history for as long as the process lives."""


class FileLedger:
    """The store's SQLite file.

    Each attempt is one transaction, so a killed process leaves a batch half done, as a real target would.

    """

    def __init__(self, file: Path) -> None:
        try:
            self._connection = _connected(file)
        except sqlite3.Error as error:
            raise ConfigurationError(f"file: {file} cannot be opened as a store: {error}") from error

    def load(self) -> Iterable[Entry]:
        found = self._connection.execute("SELECT object_type, anchor, name, attributes, password, version FROM object")
        for kind, anchor, name, attributes, password, version in found:
            object_type = ObjectType(kind)
            values = attributes_from_json(object_type, attributes)
            yield Entry(object_type, Anchor(anchor), Name(name), values, password, version)

    def record(self, attempt: Attempt, effect: str, anchor: Anchor | None, entry: Entry | None) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            self._connection.execute(
                "INSERT INTO history (caller, operation, attempt, verb, effect, object_type, anchor, name)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (attempt.operation.caller, *_row(attempt, effect, anchor, entry)),
            )
            if effect == APPLIED:
                self._keep(anchor, entry)

    def _keep(self, anchor: Anchor | None, entry: Entry | None) -> None:
        if entry is None:
            self._connection.execute("DELETE FROM object WHERE anchor = ?", (anchor,))
            return
        self._connection.execute(
            "INSERT OR REPLACE INTO object (object_type, anchor, name, attributes, password, version)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                entry.object_type,
                entry.anchor,
                entry.name,
                attributes_to_json(entry),
                entry.password,
                entry.version,
            ),
        )

    def applied(self, caller: CallerName, operations: Sequence[OperationId]) -> dict[OperationId, Applied]:
        found: dict[OperationId, Applied] = {}
        for each in operations:
            row = self._connection.execute(
                "SELECT anchor, name FROM history WHERE operation = ? AND caller = ? AND effect = ?",
                (each, caller, APPLIED),
            ).fetchone()
            if row is not None:
                found[each] = Applied(*row)
        return found

    def rows(self) -> Sequence[HistoryRow]:
        return _rows(self._connection)

    def close(self) -> None:
        self._connection.close()


def _connected(file: Path) -> sqlite3.Connection:
    with ExitStack() as failing:
        # The store's lock lets one thread in at a time; which one it is changes.
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        failing.callback(connection.close)
        # A killed process loses nothing that the kernel was given; this file need not survive more.
        connection.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA busy_timeout=10000; {_TABLES}"
        )
        failing.pop_all()
    return connection


def read_history(file: Path) -> Sequence[HistoryRow]:
    """The history in a store's file, in order, also while a bridge in another process writes to it."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        return _rows(connection)


def _rows(connection: sqlite3.Connection) -> Sequence[HistoryRow]:
    found = connection.execute(f"SELECT {_COLUMNS} FROM history ORDER BY number")
    return tuple(HistoryRow(*row) for row in found)


def _row(
    attempt: Attempt, effect: str, anchor: Anchor | None, entry: Entry | None
) -> tuple[str, int, str, str, str, str | None, str | None]:
    target = attempt.operation.target
    name = entry.name if entry is not None else target.name
    verb = attempt.operation.kind.value
    return (
        attempt.operation.id,
        attempt.number,
        verb,
        effect,
        target.object_type,
        anchor or target.anchor,
        name,
    )
