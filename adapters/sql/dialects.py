"""What differs between the engines, and nothing else. Chosen by the URL, once, in `client.py`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from typing_extensions import override

from adapters.sql.codec import Storage
from adapters.sql.config import SqlConfig
from adapters.sql.dialect import RIGHTS, SILENCE, Dialect, Intent, around, is_local
from adapters.sql.mariadb import MariaDB
from adapters.sql.mariadb_odbc import MariaDBOdbc
from adapters.sql.routine import Routine
from adapters.sql.routines import postgresql_call, postgresql_routines
from adapters.sql.sqlite import SQLite
from adapters.sql.url import driver_of
from bridge.sdk import ConfigurationError, Secret, filters


class PostgreSQL(Dialect):
    """PostgreSQL through psycopg 3."""

    storage = Storage.NATIVE

    @override
    def connect_arguments(self, config: SqlConfig, url: sa.URL) -> Mapping[str, Any]:
        arguments: dict[str, Any] = {
            "connect_timeout": config.connect_timeout_seconds,
            "application_name": "ecma-bridge",
            "keepalives_idle": SILENCE,
            "tcp_user_timeout": SILENCE * 1000,
        }
        # libpq's own default talks in clear to a server that offers no TLS, and believes any certificate.
        if "sslmode" not in url.query and not is_local(url):
            arguments["sslmode"] = "verify-full"
        return arguments

    @override
    def engine_arguments(self, config: SqlConfig, url: sa.URL, password: Secret | None) -> Mapping[str, Any]:
        return {}

    @override
    def checked_url(self, url: sa.URL) -> sa.URL:
        if not url.database:
            raise ConfigurationError("url: names no database; it goes after the server, as in //host:5432/database")
        return url

    @override
    def check_place(self) -> None:
        """A server ends the connection when its database goes."""

    @override
    def session_statements(self, config: SqlConfig) -> Sequence[str]:
        return (
            f"SET lock_timeout = {math.ceil(config.lock_timeout_seconds * 1000)}",
            f"SET statement_timeout = {math.ceil(config.statement_timeout_seconds * 1000)}",
        )

    @override
    def begin_statement(self, intent: Intent) -> str | None:
        return None

    @override
    def stored_as(self, kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
        return kind

    @override
    def check_table(self, table: sa.Table, where: str) -> None:
        """Every table can."""

    @override
    def contains(self, column: sa.ColumnElement[Any], comparison: filters.Comparison, text: str) -> Any:
        literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return column.like(around(comparison, literal, "%"), escape="\\")

    @override
    def version_query(self) -> str:
        return "SELECT 'PostgreSQL ' || current_setting('server_version')"

    @override
    def rights(self, connection: sa.Connection, table: sa.Table) -> Sequence[str]:
        name = connection.dialect.identifier_preparer.format_table(table)
        asked = [sa.func.has_table_privilege(name, each) for each in RIGHTS]
        granted = connection.execute(sa.select(*asked)).one()
        return [right for right, has in zip(RIGHTS, granted, strict=True) if has]

    @override
    def routines(self, connection: sa.Connection, name: str, schema: str | None) -> Sequence[Routine]:
        return postgresql_routines(connection, name, schema)

    @override
    def call(self, routine: Routine, given: Mapping[str, str]) -> Sequence[str]:
        return postgresql_call(routine, given)


_DIALECTS: Final[Mapping[str, type[Dialect]]] = {
    "sqlite+pysqlite": SQLite,
    "postgresql+psycopg": PostgreSQL,
    "mariadb+pymysql": MariaDB,
    "mysql+pymysql": MariaDB,
    "mariadb+pyodbc": MariaDBOdbc,
}


def dialect_of(url: sa.URL) -> Dialect:
    """The engine that the URL names."""
    return _DIALECTS[driver_of(url)]()
