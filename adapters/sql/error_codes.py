"""What each engine's error codes mean to the bridge. Used by `errors.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bridge.sdk import (
    AlreadyExistsError,
    BadCredentialsError,
    BridgeError,
    ConfigurationError,
    ConnectionFailedError,
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
GONE: Final = (ConnectionFailedError, "the connection to the database is lost")
NOT_REACHED: Final = (ConnectionFailedError, "the database was not reached")
_READ_ONLY_FILE: Final = (
    ConnectionFailedError,
    "the database file is read-only for the service's user: grant it write on the file and its directory",
)
_DAMAGED: Final = (
    ConnectionFailedError,
    "url: the file is no SQLite database, or is damaged or encrypted: restore it from a backup",
)
"""Nothing is rejected for it: a restore may be under way."""
_FULL: Final = (ConnectionFailedError, "the database is out of disk, memory or connections")
_CHANGED: Final = (ConnectionFailedError, "a table is no longer as it was when the connector opened; it must open anew")

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
    "42883": _CHANGED,
    "2D000": (PreconditionError, "the procedure has a COMMIT or ROLLBACK of its own, which no caller can allow"),
    "0A000": _CHANGED,
    "P0001": (PreconditionError, "a trigger or procedure of the database refused it"),
}
"""SQLSTATE, as PostgreSQL gives it (PostgreSQL 15, Appendix A)."""

SQLSTATE_CLASSES: Final[Mapping[str, Meaning]] = {
    "08": GONE,
    "22": (InvalidValueError, "a value does not suit its column"),
    "23": (PreconditionError, "a constraint of the database forbids the change"),
    "53": _FULL,
    "57": GONE,
    "58": _FULL,
}
"""The first two characters of an SQLSTATE that the table above does not have."""

SQLITE_CODES: Final[Mapping[str, Meaning]] = {
    "SQLITE_CONSTRAINT": SQLSTATE_CLASSES["23"],
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
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_PROTOCOL": _BUSY,
    "SQLITE_PERM": _READ_ONLY_FILE,
    "SQLITE_READONLY": _READ_ONLY_FILE,
    "SQLITE_READONLY_DBMOVED": GONE,
    "SQLITE_CANTOPEN": (
        ConnectionFailedError,
        "the database file, or one beside it, cannot be opened: grant the service's user write on it and its directory",
    ),
    "SQLITE_IOERR": GONE,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOMEM": _FULL,
    "SQLITE_FULL": _FULL,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_SCHEMA": _CHANGED,
    "SQLITE_ERROR": _CHANGED,
}
"""SQLite's result codes (sqlite.org/rescode.html). An extended one that is not here means what its plain one does."""

_TOO_LONG: Final = SQLSTATES["22001"]
_TOO_GREAT: Final = SQLSTATES["22003"]
_UNSUITED: Final = SQLSTATE_CLASSES["22"]

NO_SUCH: Final = "1305"
"""MariaDB's number for a procedure, or a savepoint, that is not there."""

MARIADB_CODES: Final[Mapping[str, Meaning]] = {
    "1020": _BUSY,
    "1021": _FULL,
    "1040": _FULL,
    "1041": _FULL,
    "1044": _REFUSED,
    "1045": _REFUSED,
    "1048": _NULL,
    "1049": SQLSTATES["3D000"],
    "1053": GONE,
    "1054": _CHANGED,
    "1062": _EXISTS,
    "1114": _FULL,
    "1130": _REFUSED,
    "1142": _DENIED,
    "1143": _DENIED,
    "1146": _CHANGED,
    "1203": _FULL,
    "1205": _BUSY,
    "1213": _BUSY,
    "1216": _REFERENCE,
    "1217": _REFERENCE,
    "1226": _FULL,
    "1227": _DENIED,
    "1264": _TOO_GREAT,
    "1265": _UNSUITED,
    "1290": (PermissionDeniedError, "the database is read-only"),
    "1292": _UNSUITED,
    NO_SUCH: _CHANGED,
    "1318": _CHANGED,
    "1317": SQLSTATES["57014"],
    "1364": _NULL,
    "1366": _UNSUITED,
    "1370": _DENIED,
    "1406": _TOO_LONG,
    "1451": _REFERENCE,
    "1452": _REFERENCE,
    "1586": _EXISTS,
    "1644": SQLSTATES["P0001"],
    "1698": _REFUSED,
    "1836": (PermissionDeniedError, "the database is read-only"),
    "1927": GONE,
    "1969": SQLSTATES["57014"],
    "2002": NOT_REACHED,
    "2003": NOT_REACHED,
    "2006": GONE,
    "2013": GONE,
    "2014": GONE,
    "2026": (ConnectionFailedError, "the server has no TLS, or none that its certificate vouches for"),
    "3024": SQLSTATES["57014"],
    "3118": _REFUSED,
    "3572": _BUSY,
    "3819": _CHECK,
    "4025": _CHECK,
}
"""Error numbers of MariaDB and MySQL, and of their clients (from 2000 to 2999)."""

CONNECT_WORDS: Final[Sequence[tuple[re.Pattern[str], Meaning]]] = (
    (re.compile(r'FATAL:  database ".*" does not exist'), SQLSTATES["3D000"]),
    (re.compile(r"authentication failed|pg_hba\.conf|no password supplied|role .* does not exist"), _REFUSED),
)
"""libpq tells a refusal at connect in words only. A server of another language is taken for one not reached."""

CONNECT_REASONS: Final[Sequence[tuple[re.Pattern[str], str]]] = (
    (re.compile(r"(?i)connection refused|\(111\b"), "the connection was refused"),
    (
        re.compile(r"(?i)name or service|resolve host|getaddrinfo|name resolution|unknown .*host"),
        "its name is not resolved",
    ),
    (re.compile(r"(?i)does not support ssl"), "it offers no TLS"),
    (re.compile(r"(?i)certificate"), "its certificate is not trusted"),
    (re.compile(r"(?i)timed out|timeout expired|\(110\b"), "timed out"),
    (re.compile(r"(?i)no route to host|network is unreachable"), "there is no way to it"),
    (re.compile(r"(?i)reset by peer|closed the connection"), "it closed the connection"),
)
"""Why a database was not reached, in the words of the drivers and of the system. Only our own words are passed on."""
