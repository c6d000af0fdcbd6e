"""One commit of the journal: the connection, the time it is dated with, and the ends of its numberings.

Made by the writer for each commit; `acceptance`, `attempts` and `history` write through it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection

from bridge.journal.sealing import Sealer
from bridge.model.identity import CallerName, ConnectorName, OperationId
from bridge.telemetry.audit import AuditChain, AuditEvent

ROWS_AT_ONCE: Final = 256
"""Most rows of one insert."""

to_json: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""`json.dumps` would make an encoder for each call."""


@dataclass(slots=True)
class Tail:
    """The last number of each numbering. Kept in memory between commits: one process owns the journal."""

    sequence: int
    lane: int
    settle_number: int
    epoch: int
    chain: AuditChain


@dataclass(slots=True)
class Transaction:
    connection: Connection
    tail: Tail
    sealer: Sealer
    now: float
    _audit: list[tuple[int, str, str]] = field(default_factory=list)

    def run(self, statement: str, rows: Any) -> int:
        """One set-based statement over a JSON list; tells how many rows it changed.

        sqlite3 hands the GIL over at every row it steps through, so beside a busy event loop a statement for each
        row costs many times what one for all does.
        """
        return self.connection.exec_driver_sql(statement, (to_json(rows),)).rowcount

    def insert(self, into: str, rows: Sequence[tuple[object, ...]]) -> None:
        """New rows `into` a table and its columns. Bound values cost SQLite less than half of what JSON does."""
        done = 0
        while done < len(rows):
            # By powers of two there are few texts of statements, and each is parsed once.
            size = min(ROWS_AT_ONCE, 1 << ((len(rows) - done).bit_length() - 1))
            values = tuple(chain.from_iterable(rows[done : done + size]))
            self.connection.exec_driver_sql(_insertion(into, size, len(values) // size), values)
            done += size

    def audit(
        self,
        event: AuditEvent,
        sequence: int,
        identity: tuple[CallerName, OperationId, ConnectorName],
        *details: str | int | None,
    ) -> None:
        """Chain one record; it is written with the others by `write_audit`."""
        text = to_json([round(self.now, 3), event, sequence, *identity, *details])
        record = self.tail.chain.append(text)
        self._audit.append((record.number, record.text, record.hash))

    def write_audit(self) -> None:
        if self._audit:
            self.insert("audit (number, record, hash)", self._audit)


@cache
def _insertion(into: str, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {', '.join([row] * rows)}"
