"""The marker of an operation: a row written in the transaction that carries it out, so it is there if and only if the
operation took effect.

Written by `writer.py`; read by it to recognise an operation sent again, and by the engine after doubt.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from adapters.sql.catalogue import Catalogue
from adapters.sql.chunks import CHUNK, chunks
from adapters.sql.client import Client
from adapters.sql.config import Markers
from adapters.sql.dialect import Intent
from adapters.sql.errors import scrubbed
from bridge.sdk import Anchor, Applied, BridgeError, CallerName, ConfigurationError, OperationId

NAME: Final = "ecma_bridge_applied"
_DAY: Final = 86_400

TABLE: Final = sa.Table(
    NAME,
    sa.MetaData(),
    # Operation ids are unique among one caller's only.
    sa.Column("operation_id", sa.String(128), primary_key=True),
    sa.Column("caller", sa.String(128), primary_key=True),
    sa.Column("applied_at", sa.BigInteger, nullable=False, index=True, comment="seconds since 1970"),
    sa.Column("anchor", sa.String(1024)),
    sqlite_with_rowid=False,
    # Ids that differ in case are two; the server's default collation may hold them for one.
    mysql_engine="InnoDB",
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
    mariadb_engine="InnoDB",
    mariadb_charset="utf8mb4",
    mariadb_collate="utf8mb4_bin",
)
"""As the adapter makes it, and as an administrator makes it where the login may not."""

_INSERT: Final = sa.insert(TABLE).inline()
_COMPLETE: Final = (
    sa.update(TABLE)
    .where(TABLE.c.operation_id == sa.bindparam("bound_id"), TABLE.c.caller == sa.bindparam("bound_caller"))
    .values(anchor=sa.bindparam("bound_anchor"))
)
_APPLIED: Final = sa.select(TABLE.c.operation_id, TABLE.c.caller, TABLE.c.anchor).where(
    TABLE.c.operation_id.in_(sa.bindparam("bound_ids", expanding=True))
)
_EXPIRED: Final = (
    sa.select(TABLE.c.operation_id, TABLE.c.caller)
    .where(TABLE.c.applied_at < sa.bindparam("bound_before"))
    .limit(CHUNK)
)
_FORGET: Final = sa.delete(TABLE).where(
    sa.tuple_(TABLE.c.operation_id, TABLE.c.caller).in_(sa.bindparam("bound_marks", expanding=True))
)

Marked = tuple[OperationId, str]
"""Operation id and caller: what a marker is found by."""


class MarkerTable:
    """The marker rows of one database. The caller of `write` and `applied` holds a transaction, the others take one."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def prepare(self, mode: Markers) -> None:
        """Make the table if it is missing and `mode` says so. ConfigurationError if it cannot be used."""
        if mode is Markers.CREATE and not self._exists():
            self._create()
        with self._client.transaction(Intent.READ):
            found = Catalogue(self._client.connection, self._client.dialect).table(NAME, None, "markers")
        missing = [column.name for column in TABLE.columns if column.name not in found.table.columns]
        if missing:
            raise ConfigurationError(f"markers: table {NAME} lacks the columns {', '.join(missing)}")

    def _exists(self) -> bool:
        with self._client.transaction(Intent.READ), scrubbed():
            return sa.inspect(self._client.connection).has_table(NAME)

    def _create(self) -> None:
        try:
            with self._client.transaction(Intent.WRITE):
                self._client.create(TABLE)
        except BridgeError:
            # Another worker of this connector made it at the same moment.
            if not self._exists():
                raise

    def expire(self, days: int) -> None:
        """Delete markers older than that, in chunks, so that no lock is held for long."""
        before = int(time.time()) - days * _DAY
        expired = CHUNK
        while expired == CHUNK:
            with self._client.transaction(Intent.WRITE):
                marks = [tuple(row) for row in self._client.rows(_EXPIRED, {"bound_before": before})]
                if marks:
                    self._client.execute(_FORGET, {"bound_marks": marks})
            expired = len(marks)

    def write(self, anchors: Mapping[Marked, Anchor | None]) -> None:
        """AlreadyExistsError if one of the operations was applied before."""
        now = int(time.time())
        rows: list[dict[str, Any]] = [
            {"operation_id": operation, "caller": caller, "applied_at": now, "anchor": anchor}
            for (operation, caller), anchor in anchors.items()
        ]
        self._client.execute(_INSERT, rows)

    def complete(self, mark: Marked, anchor: Anchor | None) -> None:
        """The anchor of a marker that was written before its operation."""
        operation, caller = mark
        self._client.execute(_COMPLETE, {"bound_id": operation, "bound_caller": caller, "bound_anchor": anchor})

    def applied(self, operations: Sequence[OperationId]) -> Mapping[Marked, Applied]:
        """Those of the operations that have a marker."""
        found: dict[Marked, Applied] = {}
        for some in chunks(operations):
            for row in self._client.rows(_APPLIED, {"bound_ids": list(some)}):
                found[row.operation_id, row.caller] = Applied(anchor=row.anchor)
        return found

    def told(self, caller: CallerName, operations: Sequence[OperationId]) -> Mapping[OperationId, Applied]:
        """The same of one caller, in the SPI's words."""
        with self._client.transaction(Intent.READ):
            found = self.applied(operations)
        return {operation: applied for (operation, whose), applied in found.items() if whose == caller}
