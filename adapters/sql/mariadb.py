"""MariaDB, and MySQL, which is told apart by the server only. Chosen in `dialects.py`."""

from __future__ import annotations

import math
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from typing_extensions import override

from adapters.sql.codec import Storage
from adapters.sql.config import SqlConfig
from adapters.sql.dialect import RIGHTS, SILENCE, Dialect, Intent, around, is_local
from adapters.sql.routine import Routine
from adapters.sql.routines import mariadb_call, mariadb_routines
from bridge.sdk import ConfigurationError, Secret, filters

_CHARSET: Final = "utf8mb4"
_ESCAPE: Final = "!"
"""Not the backslash, which the server's mode may or may not take for an escape in the literal itself."""

_MODE: Final = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION"
"""Without the strict mode the server cuts what is too long, and turns what it cannot read into zero."""

_TRANSACTIONAL: Final = frozenset({"innodb", "rocksdb"})


class MariaDB(Dialect):
    """MariaDB 10.5 and later, and MySQL 8, through PyMySQL."""

    storage = Storage.NATIVE

    @override
    def connect_arguments(self, config: SqlConfig, url: sa.URL) -> Mapping[str, Any]:
        # SQLAlchemy has the driver count rows that were found, not only those that changed.
        return {
            "charset": _CHARSET,
            "connect_timeout": config.connect_timeout_seconds,
            "read_timeout": math.ceil(config.statement_timeout_seconds) + SILENCE,
            "write_timeout": SILENCE,
            **_protection(url),
        }

    @override
    def engine_arguments(self, config: SqlConfig, url: sa.URL, password: Secret | None) -> Mapping[str, Any]:
        return {}

    @override
    def checked_url(self, url: sa.URL) -> sa.URL:
        if not url.database:
            raise ConfigurationError("url: names no database; it goes after the server, as in //host:3306/database")
        if "charset" in url.query:
            raise ConfigurationError(f"url: charset is always {_CHARSET}; take it out")
        return url

    @override
    def check_place(self) -> None:
        """A server's connection is of no use when its database goes."""

    @override
    def session_statements(self, config: SqlConfig) -> Sequence[str]:
        seconds = config.statement_timeout_seconds
        return (
            f"SET sql_mode = '{_MODE}'",
            "SET time_zone = '+00:00'",
            # A later look must see what another worker has committed meanwhile: its marker.
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            f"SET innodb_lock_wait_timeout = {max(1, math.ceil(config.lock_timeout_seconds))}",
            # Each of the two reads its own comment only. MySQL stops reads, and nothing else.
            (
                f"SET autocommit = 0 /*M!100102 , max_statement_time = {seconds} */"
                f" /*!50708 , max_execution_time = {math.ceil(seconds * 1000)} */"
            ),
        )

    @override
    def begin_statement(self, intent: Intent) -> str | None:
        return None

    @override
    def stored_as(self, kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
        if isinstance(kind, mysql.TINYINT) and kind.display_width == 1:
            return sa.Boolean()
        # SQLAlchemy would make a decimal of ten digits of it.
        return sa.Double() if isinstance(kind, sa.Float) else kind

    @override
    def check_table(self, table: sa.Table, where: str) -> None:
        engine = next((table.dialect_options[each].get("engine") for each in _named(table)), None)
        if engine is not None and engine.lower() not in _TRANSACTIONAL:
            raise ConfigurationError(
                f"{where}: table {table.name!r} is kept by {engine}, which undoes nothing; "
                f"ALTER TABLE {table.name} ENGINE=InnoDB"
            )

    @override
    def contains(self, column: sa.ColumnElement[Any], comparison: filters.Comparison, text: str) -> Any:
        literal = "".join(_ESCAPE + each if each in "%_" + _ESCAPE else each for each in text)
        # In the column's own collation LIKE may ignore case; a collation must suit the character set, so both.
        exact = sa.cast(column, mysql.CHAR(charset=_CHARSET)).collate(f"{_CHARSET}_bin")
        return exact.like(around(comparison, literal, "%"), escape=_ESCAPE)

    @override
    def version_query(self) -> str:
        return "SELECT CONCAT(IF(VERSION() LIKE '%MariaDB%', '', 'MySQL '), VERSION())"

    @override
    def rights(self, connection: sa.Connection, table: sa.Table) -> Sequence[str]:
        """By its columns, which tell of roles too; the right to delete is no column's, so the server is asked."""
        name = connection.dialect.identifier_preparer.format_table(table)
        columns = connection.exec_driver_sql(f"SHOW FULL COLUMNS FROM {name}").mappings().all()
        granted = {right.strip().upper() for column in columns for right in column["Privileges"].split(",")}
        if _may(connection, f"EXPLAIN DELETE FROM {name}"):
            granted.add("DELETE")
        return [right for right in RIGHTS if right in granted]

    @override
    def routines(self, connection: sa.Connection, name: str, schema: str | None) -> Sequence[Routine]:
        return mariadb_routines(connection, name, schema)

    @override
    def call(self, routine: Routine, given: Mapping[str, str]) -> Sequence[str]:
        return mariadb_call(routine, given)


def _may(connection: sa.Connection, explain: str) -> bool:
    try:
        connection.exec_driver_sql(explain)
    except sa.exc.DBAPIError:
        return False
    return True


def _named(table: sa.Table) -> Sequence[str]:
    """Under which of its two names the dialect has put the table's options."""
    return [each for each in ("mysql", "mariadb") if f"{each}_engine" in table.kwargs]


def _protection(url: sa.URL) -> Mapping[str, Any]:
    """TLS that proves the server's name, unless the URL says otherwise. The driver's own default believes anyone."""
    given = {key: str(value) for key, value in url.query.items() if key.startswith("ssl_")}
    if given.get("ssl_disabled", "true") != "true":
        raise ConfigurationError("url: ssl_disabled is true, or is left out")
    if "ssl_disabled" in given:
        return {"ssl_disabled": True}
    return {} if is_local(url) and not given else {"ssl": _tls(given)}


def _tls(given: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=given.get("ssl_ca"), capath=given.get("ssl_capath"))
        if "ssl_cert" in given:
            context.load_cert_chain(given["ssl_cert"], given.get("ssl_key"))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"url: a file of ssl_ca, ssl_cert or ssl_key cannot be used: {error}") from None
    # Only Python 3.13 insists on every field of RFC 5280; a certificate that a server made for itself may lack one.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = given.get("ssl_check_hostname", "true") != "false"
    return context
