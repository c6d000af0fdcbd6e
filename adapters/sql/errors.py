"""The one table from a database's error codes to the bridge's errors. Used by `client.py` at the driver's edge.

A driver's message may hold values, so it is never shown: the message is made here, of the code's meaning and of
identifiers that the driver names (table, column, constraint). `attributes` of a translated error are columns, or a
constraint, until `writer.py`, which knows the layout, turns them into attributes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from bridge.sdk import (
    AlreadyExistsError,
    BadCredentialsError,
    BridgeError,
    ConfigurationError,
    ConnectionFailedError,
    ErrorMap,
    InvalidValueError,
    NotReadyError,
    PermissionDeniedError,
    PreconditionError,
    ThrottledError,
)

Meaning = tuple[type[BridgeError], str]

_EXISTS: Final = (AlreadyExistsError, "another row has that value in a unique column")
_REFERENCE: Final = (
    NotReadyError,
    "a row that this one refers to is not there, or one that refers to it still is",
)
_NULL: Final = (InvalidValueError, "a required column would be empty")
_CHECK: Final = (InvalidValueError, "a check of the database forbids the value")
_BUSY: Final = (ThrottledError, "another session holds the rows or the file locked")
_DENIED: Final = (
    PermissionDeniedError,
    "the login lacks the right to do this; see the README for the rights needed",
)
_REFUSED: Final = (BadCredentialsError, "the database refused the login")
_GONE: Final = (ConnectionFailedError, "the connection to the database is lost")
_FULL: Final = (ConnectionFailedError, "the database is out of disk, memory or connections")
_CHANGED: Final = (ConfigurationError, "a table or column is no longer as it was when the connector opened")

SQLSTATES: Final[Mapping[str, Meaning]] = {
    "23505": _EXISTS,
    "23503": _REFERENCE,
    "23001": _REFERENCE,
    "23502": _NULL,
    "23514": _CHECK,
    "23P01": (AlreadyExistsError, "another row excludes this one"),
    "22001": (InvalidValueError, "a value is too long for its column"),
    "22003": (InvalidValueError, "a number is too great for its column"),
    "40001": _BUSY,
    "40P01": _BUSY,
    "55P03": _BUSY,
    "57014": (ThrottledError, "the database cancelled the statement, as it took too long"),
    "42501": _DENIED,
    "25006": (PermissionDeniedError, "the database is read-only"),
    "28P01": _REFUSED,
    "28000": _REFUSED,
    "3D000": (ConfigurationError, "url: there is no such database"),
    "42P01": _CHANGED,
    "42703": _CHANGED,
    "P0001": (PreconditionError, "a trigger of the database refused the row"),
}
"""SQLSTATE, as PostgreSQL gives it (PostgreSQL 15, Appendix A)."""

SQLSTATE_CLASSES: Final[Mapping[str, Meaning]] = {
    "08": _GONE,
    "22": (InvalidValueError, "a value does not suit its column"),
    "23": (PreconditionError, "a constraint of the database forbids the change"),
    "53": _FULL,
    "57": _GONE,
    "58": _FULL,
}
"""The first two characters of an SQLSTATE that the table above does not have."""

SQLITE_CODES: Final[Mapping[str, Meaning]] = {
    "SQLITE_CONSTRAINT_UNIQUE": _EXISTS,
    "SQLITE_CONSTRAINT_PRIMARYKEY": _EXISTS,
    "SQLITE_CONSTRAINT_ROWID": _EXISTS,
    "SQLITE_CONSTRAINT_FOREIGNKEY": _REFERENCE,
    "SQLITE_CONSTRAINT_NOTNULL": _NULL,
    "SQLITE_CONSTRAINT_CHECK": _CHECK,
    "SQLITE_CONSTRAINT_DATATYPE": (InvalidValueError, "a value does not suit its column"),
    "SQLITE_CONSTRAINT_TRIGGER": (PreconditionError, "a trigger of the database refused the row"),
    "SQLITE_MISMATCH": (InvalidValueError, "a value does not suit its column"),
    "SQLITE_TOOBIG": (InvalidValueError, "a value is too long for the database"),
    "SQLITE_BUSY": _BUSY,
    "SQLITE_BUSY_SNAPSHOT": _BUSY,
    "SQLITE_BUSY_RECOVERY": _BUSY,
    "SQLITE_BUSY_TIMEOUT": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_LOCKED_SHAREDCACHE": _BUSY,
    "SQLITE_AUTH": _DENIED,
    "SQLITE_PERM": _DENIED,
    "SQLITE_READONLY": _DENIED,
    "SQLITE_READONLY_DBMOVED": _GONE,
    "SQLITE_READONLY_DIRECTORY": _DENIED,
    "SQLITE_CANTOPEN": (ConnectionFailedError, "the database file cannot be opened"),
    "SQLITE_FULL": _FULL,
    "SQLITE_NOTADB": (ConfigurationError, "url: the file is no SQLite database, or is encrypted"),
    "SQLITE_SCHEMA": _CHANGED,
    "SQLITE_ERROR": _CHANGED,
}
"""SQLite's extended result codes (sqlite.org/rescode.html)."""

_SQLITE_COLUMNS: Final = re.compile(r"(?:UNIQUE|NOT NULL) constraint failed: (.+)")


def _translated(error: Exception) -> BridgeError | None:
    if not isinstance(error, sa.exc.DBAPIError):
        return None
    original = error.orig
    meaning = _meaning(error, original)
    if meaning is None:
        return None
    kind, message = meaning
    code = _code(original)
    named = ", ".join(filter(None, [code, *_identifiers(original)]))
    return kind(f"{message} ({named})" if named else message, attributes=_columns(original))


def _meaning(error: sa.exc.DBAPIError, original: Any) -> Meaning | None:
    code = _code(original)
    found = SQLSTATES.get(code) or SQLITE_CODES.get(code) or SQLSTATE_CLASSES.get(code[:2])
    if found is not None:
        return found
    if code.startswith("SQLITE_IOERR"):
        return _GONE
    if error.connection_invalidated:
        return _GONE
    if isinstance(error, sa.exc.OperationalError) and not code:
        # libpq tells a refusal at connect in words only; the words come from the server and may be in any language.
        refused = any(word in str(original) for word in ("password", "authentication", "pg_hba.conf"))
        return _REFUSED if refused else (ConnectionFailedError, "the database was not reached")
    return None


def _code(original: Any) -> str:
    return str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")


def _identifiers(original: Any) -> list[str]:
    details = getattr(original, "diag", None)
    named = [getattr(details, part, None) for part in ("table_name", "column_name", "constraint_name")]
    return [str(each) for each in named if each] or _sqlite_columns(original)


def _sqlite_columns(original: Any) -> list[str]:
    found = _SQLITE_COLUMNS.fullmatch(str(original)) if hasattr(original, "sqlite_errorname") else None
    return found.group(1).split(", ") if found else []


def _columns(original: Any) -> tuple[str, ...]:
    details = getattr(original, "diag", None)
    named = getattr(details, "column_name", None) or getattr(details, "constraint_name", None)
    return (named,) if named else tuple(each.rpartition(".")[2] for each in _sqlite_columns(original))


ERRORS: Final[ErrorMap] = ((sa.exc.DBAPIError, _translated),)
