"""From a database's error to the bridge's. Used by `client.py` at the driver's edge; the codes are in `error_codes.py`.

A driver's message may hold values, so it is never shown: the message is made here, of the code's meaning and of
identifiers that the driver names (table, column, constraint). `attributes` of a translated error are columns, or a
constraint, until `writer.py`, which knows the layout, turns them into attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from adapters.sql.error_codes import (
    CONNECT_REASONS,
    CONNECT_WORDS,
    GONE,
    MARIADB_CODES,
    NO_SUCH,
    NOT_REACHED,
    SQLITE_CODES,
    SQLSTATE_CLASSES,
    SQLSTATES,
    Meaning,
)
from bridge.sdk import BridgeError, ErrorMap, translate

_SQLITE_COLUMNS: Final = re.compile(r"(?:UNIQUE|NOT NULL) constraint failed: (.+)")

_MARIADB_NAMES: Final[Sequence[re.Pattern[str]]] = (
    re.compile(r" for key '(?:[^'.]+\.)?([^'.]+)'\Z"),
    re.compile(r" for column (?:`[^`]+`\.`[^`]+`\.)?[`']([^`']+)[`'] at row \d+\Z"),
    re.compile(r"\A(?:Column|Field) '([^']+)' (?:cannot be null|doesn't have a default value)\Z"),
)
"""The value, where the server repeats it, stands before these words: none of it is taken for a name."""
_MARIADB_ODBC: Final = re.compile(
    r"\[\w{5}\] ?\[ma-[^\]]*\](?:\[[^\]]*\])?(?P<words>.*) \((?P<number>\d+)\) \(SQL\w+\)", re.DOTALL
)
_SQLSTATE_LENGTH: Final = 5
_UNREACHED: Final = frozenset({NOT_REACHED, GONE, MARIADB_CODES["2026"]})


def _translated(error: Exception) -> BridgeError | None:
    if not isinstance(error, sa.exc.DBAPIError):
        return None
    original = error.orig
    meaning = _meaning(error, original)
    if meaning is None:
        return None
    kind, message = meaning
    if meaning in _UNREACHED:
        message += _reason(str(original))
    code = _code(original)
    named = ", ".join(filter(None, [code, *_identifiers(original)]))
    return kind(f"{message} ({named})" if named else message, attributes=_columns(original))


def _meaning(error: sa.exc.DBAPIError, original: Any) -> Meaning | None:
    code = _code(original)
    found = SQLSTATES.get(code) or _sqlite(code) or MARIADB_CODES.get(code)
    found = found or (SQLSTATE_CLASSES.get(code[:2]) if len(code) == _SQLSTATE_LENGTH else None)
    if found is not None:
        return found
    if error.connection_invalidated:
        return GONE
    if isinstance(error, sa.exc.OperationalError) and not code:
        words = str(original)
        return next((told for pattern, told in CONNECT_WORDS if pattern.search(words)), NOT_REACHED)
    return None


def _sqlite(code: str) -> Meaning | None:
    plain = "_".join(code.split("_")[:2])
    return SQLITE_CODES.get(code) or SQLITE_CODES.get(plain)


def _reason(words: str) -> str:
    """Why the database was not reached, where the words tell."""
    return next((f": {told}" for pattern, told in CONNECT_REASONS if pattern.search(words)), "")


def _code(original: Any) -> str:
    # MariaDB's SQLSTATE is one for all constraints; its number tells them apart.
    number, _ = _mariadb(original)
    told = number or getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    return str(told or _odbc_state(original))


def _odbc_state(original: Any) -> str:
    """The SQLSTATE of an error that an ODBC driver itself found: a lost connection mostly."""
    match getattr(original, "args", ()):
        case (str(state), str()) if len(state) == _SQLSTATE_LENGTH:
            return state
    return ""


def _mariadb(original: Any) -> tuple[str, str]:
    """The server's number and its words, as PyMySQL or the ODBC driver gives them; empty for another engine."""
    match getattr(original, "args", ()):
        case (int(number), str(words)):
            return str(number), words
        case (str(), str(text)):
            found = _MARIADB_ODBC.fullmatch(text)
            # A zero is the driver's own; its SQLSTATE tells then.
            return (found["number"].lstrip("0"), found["words"]) if found else ("", "")
    return "", ""


def _identifiers(original: Any) -> list[str]:
    details = getattr(original, "diag", None)
    named = [getattr(details, part, None) for part in ("table_name", "column_name", "constraint_name")]
    return [str(each) for each in named if each] or _in_words(original)


def _in_words(original: Any) -> list[str]:
    if hasattr(original, "sqlite_errorname"):
        found = _SQLITE_COLUMNS.fullmatch(str(original))
        return found.group(1).split(", ") if found else []
    _, words = _mariadb(original)
    return [each.group(1) for each in (pattern.search(words) for pattern in _MARIADB_NAMES) if each]


def _columns(original: Any) -> tuple[str, ...]:
    details = getattr(original, "diag", None)
    named = getattr(details, "column_name", None) or getattr(details, "constraint_name", None)
    return (named,) if named else tuple(each.rpartition(".")[2] for each in _in_words(original))


def is_no_savepoint(error: sa.exc.DBAPIError) -> bool:
    """Whether the statement that failed named a savepoint that is not there."""
    return _code(error.orig) == NO_SUCH


ERRORS: Final[ErrorMap] = ((sa.exc.DBAPIError, _translated),)


@contextmanager
def scrubbed() -> Iterator[None]:
    """Raise the bridge's error in place of the driver's, and not as its cause: a traceback would print that one's
    text, which holds values (PostgreSQL's DETAIL: Key (email)=(…)).
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever the driver raises; unknown ones become UnexpectedError
        raise translate(error, ERRORS) from None
