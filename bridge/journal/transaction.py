"""One commit of the journal: the connection, the time it is dated with, and the ends of its numberings.

Made by the writer for each commit; `acceptance`, `attempts` and `history` write through it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from bridge.journal.sealing import Sealer
from bridge.model.identity import CallerName, ConnectorName, OperationId
from bridge.telemetry.audit import AuditChain, AuditEvent


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
        return self.connection.exec_driver_sql(statement, (json.dumps(rows, separators=(",", ":")),)).rowcount

    def audit(
        self,
        event: AuditEvent,
        sequence: int,
        identity: tuple[CallerName, OperationId, ConnectorName],
        *details: str | int | None,
    ) -> None:
        """Chain one record; it is written with the others by `write_audit`."""
        text = json.dumps([round(self.now, 3), event, sequence, *identity, *details], separators=(",", ":"))
        record = self.tail.chain.append(text)
        self._audit.append((record.number, record.text, record.hash))

    def write_audit(self) -> None:
        if self._audit:
            self.run(
                "INSERT INTO audit (number, record, hash) SELECT value->>0, value->>1, value->>2 FROM json_each(?)",
                self._audit,
            )
