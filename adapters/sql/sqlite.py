"""SQLite: a file, no server and no logins. Chosen in `dialects.py`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from adapters.sql.codec import Storage
from adapters.sql.config import SqlConfig
from adapters.sql.dialect import RIGHTS, Dialect, Intent, around
from adapters.sql.routine import Routine
from bridge.sdk import ConfigurationError, ConnectionFailedError, Secret, filters


class SQLite(Dialect):
    """SQLite through the standard library. The file's journal mode is its owner's and is left alone.

    SQLite goes on with the file that it opened, also when that was deleted or moved away: `check_place` tells.
    """

    storage = Storage.LOOSE

    @override
    def connect_arguments(self, config: SqlConfig, url: sa.URL) -> Mapping[str, Any]:
        # isolation_level None: the driver sends no BEGIN of its own, which would come too late and never IMMEDIATE.
        return {"timeout": config.lock_timeout_seconds, "isolation_level": None}

    @override
    def engine_arguments(self, config: SqlConfig, url: sa.URL, password: Secret | None) -> Mapping[str, Any]:
        return {}

    @override
    def checked_url(self, url: sa.URL) -> sa.URL:
        if url.query:
            raise ConfigurationError(f"url: SQLite takes no options; take out {', '.join(sorted(url.query))}")
        self._path = Path(str(url.database)).absolute()
        self._file = _identity(self._path)
        # Without the mode SQLite would make an empty database where there is none.
        return url.set(database=self._path.as_uri(), query={"uri": "true", "mode": "rw"})

    @override
    def check_place(self) -> None:
        if _identity(self._path) != self._file:
            raise ConnectionFailedError(f"url: another file was put in the place of {str(self._path)!r}")

    @override
    def session_statements(self, config: SqlConfig) -> Sequence[str]:
        return ("PRAGMA foreign_keys=ON",)

    @override
    def begin_statement(self, intent: Intent) -> str | None:
        return "BEGIN IMMEDIATE" if intent is Intent.WRITE else "BEGIN"

    @override
    def stored_as(self, kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
        # SQLAlchemy's own emulation refuses what other programs write there; `codecs.py` does it instead.
        loose = (sa.DateTime, sa.Date, sa.Time, sa.Numeric, sa.Boolean, sa.Uuid)
        return sa.types.NULLTYPE if isinstance(kind, loose) else kind

    @override
    def check_table(self, table: sa.Table, where: str) -> None:
        """Every table can."""

    @override
    def contains(self, column: sa.ColumnElement[Any], comparison: filters.Comparison, text: str) -> Any:
        # LIKE ignores the case of ASCII letters here; GLOB does not.
        literal = "".join(f"[{each}]" if each in "*?[" else each for each in text)
        return column.op("GLOB", is_comparison=True)(around(comparison, literal, "*"))

    @override
    def version_query(self) -> str:
        return "SELECT 'SQLite ' || sqlite_version()"

    @override
    def rights(self, connection: sa.Connection, table: sa.Table) -> Sequence[str]:
        if not all(os.access(each, os.W_OK) for each in (self._path, self._path.parent)):
            raise ConnectionFailedError(
                f"the database file {str(self._path)!r} is read-only for the service's user: "
                "grant it write on the file and its directory"
            )
        return RIGHTS

    @override
    def routines(self, connection: sa.Connection, name: str, schema: str | None) -> Sequence[Routine]:
        return ()

    @override
    def call(self, routine: Routine, given: Mapping[str, str]) -> Sequence[str]:
        raise AssertionError("there are no procedures")


def _identity(path: Path) -> tuple[int, int]:
    """What tells one file from every other: device and inode."""
    try:
        found = path.stat()
    except OSError as error:
        raise ConnectionFailedError(f"url: the file {str(path)!r} cannot be reached: {error.strerror}") from None
    return found.st_dev, found.st_ino
