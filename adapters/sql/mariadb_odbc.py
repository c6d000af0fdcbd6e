"""MariaDB through pyodbc and MariaDB's ODBC driver, where PyMySQL may not be used. Chosen in `dialects.py`.

The driver loses fractions of a second both ways, so times travel as text. `fast_executemany` stays off: with this
driver it fails for want of memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any, Final

import sqlalchemy as sa
from typing_extensions import override

from adapters.sql.config import SqlConfig
from adapters.sql.dialect import is_local
from adapters.sql.mariadb import MariaDB
from bridge.sdk import ConfigurationError, ConnectionFailedError, Secret

_DRIVER: Final = "MariaDB Unicode"
_FOUND_ROWS: Final = "2"
"""Of OPTION: count rows that were found, not only those that changed."""

_TLS: Final = {"ssl_ca": "SSLCA", "ssl_capath": "SSLCAPATH", "ssl_cert": "SSLCERT", "ssl_key": "SSLKEY"}


class MariaDBOdbc(MariaDB):
    """What differs from PyMySQL."""

    @override
    def connect_arguments(self, config: SqlConfig, url: sa.URL) -> Mapping[str, Any]:
        return {}

    @override
    def engine_arguments(self, config: SqlConfig, url: sa.URL, password: Secret | None) -> Mapping[str, Any]:
        options = dict(_options(url))
        if password is not None:
            options["PWD"] = password.reveal()
        text = ";".join(f"{key}={_braced(value)}" for key, value in options.items())
        seconds = config.connect_timeout_seconds
        return {"creator": lambda: _connect(text, seconds)}

    @override
    def checked_url(self, url: sa.URL) -> sa.URL:
        known = {"driver", "ssl_disabled", *_TLS}
        unknown = sorted(set(url.query) - known)
        if unknown:
            raise ConfigurationError(f"url: {unknown[0]!r} is no option by ODBC; there are {', '.join(sorted(known))}")
        return super().checked_url(url)

    @override
    def stored_as(self, kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
        if isinstance(kind, sa.DateTime):
            return _AsText(datetime)
        return _AsText(time) if isinstance(kind, sa.Time) else super().stored_as(kind)


class _AsText(sa.types.TypeDecorator[Any]):
    """A time that the driver is given as text, and gives as text."""

    impl = sa.String
    cache_ok = True

    def __init__(self, kind: type[datetime | time]) -> None:
        super().__init__()
        self.kind = kind

    @override
    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else str(value)

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else self.kind.fromisoformat(value)

    @override
    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.type_coerce(sa.cast(column, sa.CHAR), self)


def _options(url: sa.URL) -> Iterator[tuple[str, str]]:
    yield "Driver", str(url.query.get("driver", _DRIVER))
    yield "Server", url.host or "localhost"
    yield "Port", str(url.port or 3306)
    yield "Database", str(url.database)
    yield "CHARSET", "utf8mb4"
    yield "OPTION", _FOUND_ROWS
    if url.username is not None:
        yield "UID", url.username
    yield from _protection(url)


def _protection(url: sa.URL) -> Iterator[tuple[str, str]]:
    """TLS that proves the server's name, unless the URL says otherwise."""
    given = {name: str(url.query[option]) for option, name in _TLS.items() if option in url.query}
    if url.query.get("ssl_disabled", "true") != "true":
        raise ConfigurationError("url: ssl_disabled is true, or is left out")
    if "ssl_disabled" not in url.query and (given or not is_local(url)):
        yield "FORCETLS", "1"
        yield "SSLVERIFY", "1"
        yield from given.items()


def _braced(value: str) -> str:
    """Quoted, so that no character of it ends the option."""
    return "{" + value.replace("}", "}}") + "}"


def _connect(text: str, seconds: int) -> Any:
    try:
        import pyodbc  # noqa: PLC0415 - needs the system's driver manager, which other connectors do not
    except ImportError as error:
        raise ConnectionFailedError(f"ODBC is not installed on this machine (package unixodbc): {error}") from None
    return pyodbc.connect(text, timeout=seconds)
