"""What differs between the engines, and nothing else. Chosen by the URL, once, in `client.py`."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, assert_never

import sqlalchemy as sa
from typing_extensions import override

from adapters.sql.codecs import Storage
from adapters.sql.config import SqlConfig
from bridge.sdk import ConfigurationError, ConnectionFailedError, filters

_SILENCE: Final = 30
"""Seconds without an answer of the server's machine after which a connection is taken for lost."""

_LOCAL: Final = re.compile(r"/[^,]*|127\.\d+\.\d+\.\d+")

RIGHTS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")


class Intent(StrEnum):
    """What a transaction is for; SQLite takes its write lock at the beginning, or never gets it without a risk."""

    READ = "read"
    WRITE = "write"


class Dialect(ABC):
    """One engine."""

    storage: Storage

    @abstractmethod
    def connect_arguments(self, config: SqlConfig, url: sa.URL) -> Mapping[str, Any]:
        """Arguments of the driver's connect that the URL does not give: timeouts, protection, transactions."""

    @abstractmethod
    def check_url(self, url: sa.URL) -> None:
        """ConfigurationError if the URL is incomplete, ConnectionFailedError if it names what is not there."""

    @abstractmethod
    def session_statements(self, config: SqlConfig) -> Sequence[str]:
        """Sent once after connecting."""

    @abstractmethod
    def begin_statement(self, intent: Intent) -> str | None:
        """Sent at the beginning of a transaction, where the driver does not begin one itself."""

    @abstractmethod
    def stored_as(self, kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
        """The type that values of a catalogue type are bound as."""

    @abstractmethod
    def contains(self, column: sa.ColumnElement[Any], comparison: filters.Comparison, text: str) -> Any:
        """The clause of starts_with, ends_with and contains; exact in case."""

    @abstractmethod
    def version_query(self) -> str:
        """Gives the engine's version as text."""

    @abstractmethod
    def rights(self, connection: sa.Connection, table: sa.Table) -> Sequence[str]:
        """Which of RIGHTS the login has on the table, as far as the catalogue tells."""


class SQLite(Dialect):
    """SQLite through the standard library. The file's journal mode is its owner's and is left alone."""

    storage = Storage.LOOSE

    @override
    def connect_arguments(self, config: SqlConfig, url: sa.URL) -> Mapping[str, Any]:
        # isolation_level None: the driver sends no BEGIN of its own, which would come too late and never IMMEDIATE.
        return {"timeout": config.lock_timeout_seconds, "isolation_level": None}

    @override
    def check_url(self, url: sa.URL) -> None:
        # SQLite would make an empty database of a mistyped path.
        if not url.database or not Path(url.database).is_file():
            raise ConnectionFailedError(f"url: there is no file {url.database!r}")

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
    def contains(self, column: sa.ColumnElement[Any], comparison: filters.Comparison, text: str) -> Any:
        # LIKE ignores the case of ASCII letters here; GLOB does not.
        literal = "".join(f"[{each}]" if each in "*?[" else each for each in text)
        return column.op("GLOB", is_comparison=True)(_around(comparison, literal, "*"))

    @override
    def version_query(self) -> str:
        return "SELECT 'SQLite ' || sqlite_version()"

    @override
    def rights(self, connection: sa.Connection, table: sa.Table) -> Sequence[str]:
        file = connection.engine.url.database
        return RIGHTS if file and os.access(file, os.W_OK) else RIGHTS[:1]


class PostgreSQL(Dialect):
    """PostgreSQL through psycopg 3."""

    storage = Storage.NATIVE

    @override
    def connect_arguments(self, config: SqlConfig, url: sa.URL) -> Mapping[str, Any]:
        arguments: dict[str, Any] = {
            "connect_timeout": config.connect_timeout_seconds,
            "application_name": "ecma-bridge",
            "keepalives_idle": _SILENCE,
            "tcp_user_timeout": _SILENCE * 1000,
        }
        # libpq's own default talks in clear to a server that offers no TLS, and believes any certificate.
        if "sslmode" not in url.query and not _is_local(url):
            arguments["sslmode"] = "verify-full"
        return arguments

    @override
    def check_url(self, url: sa.URL) -> None:
        if not url.database:
            raise ConfigurationError("url: names no database")

    @override
    def session_statements(self, config: SqlConfig) -> Sequence[str]:
        return (f"SET lock_timeout = {int(config.lock_timeout_seconds * 1000)}",)

    @override
    def begin_statement(self, intent: Intent) -> str | None:
        return None

    @override
    def stored_as(self, kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
        return kind

    @override
    def contains(self, column: sa.ColumnElement[Any], comparison: filters.Comparison, text: str) -> Any:
        literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return column.like(_around(comparison, literal, "%"), escape="\\")

    @override
    def version_query(self) -> str:
        return "SELECT 'PostgreSQL ' || current_setting('server_version')"

    @override
    def rights(self, connection: sa.Connection, table: sa.Table) -> Sequence[str]:
        name = connection.dialect.identifier_preparer.format_table(table)
        asked = [sa.func.has_table_privilege(name, each) for each in RIGHTS]
        granted = connection.execute(sa.select(*asked)).one()
        return [right for right, has in zip(RIGHTS, granted, strict=True) if has]


def _is_local(url: sa.URL) -> bool:
    """Whether every server is on this machine: a Unix socket or the loopback. What is not told apart is not."""
    hosts = [*([url.host] if url.host else []), *url.normalized_query.get("host", ())]
    return all(host in {"localhost", "::1"} or _LOCAL.fullmatch(host) for host in hosts)


def _around(comparison: filters.Comparison, literal: str, anything: str) -> str:
    match comparison:
        case filters.Comparison.STARTS_WITH:
            return literal + anything
        case filters.Comparison.ENDS_WITH:
            return anything + literal
        case filters.Comparison.CONTAINS:
            return anything + literal + anything
        case filters.Comparison.EQUAL | filters.Comparison.GREATER_OR_EQUAL | filters.Comparison.LESS_OR_EQUAL:
            raise AssertionError(f"{comparison} is no pattern")
    assert_never(comparison)


_DIALECTS: Final[Mapping[str, type[Dialect]]] = {"sqlite+pysqlite": SQLite, "postgresql+psycopg": PostgreSQL}


def dialect_of(url: sa.URL) -> Dialect:
    """The engine that the URL names; ConfigurationError with the ones there are."""
    driver = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}.get(url.drivername, url.drivername)
    if driver not in _DIALECTS:
        raise ConfigurationError(f"url: {url.drivername!r} is not supported; there are {', '.join(_DIALECTS)}")
    return _DIALECTS[driver]()
