"""The table of errors: each code has its meaning, and no text of the driver comes through."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pymysql
import pytest
import sqlalchemy as sa

from adapters.sql.error_codes import MARIADB_CODES, SQLITE_CODES, SQLSTATES
from adapters.sql.errors import ERRORS
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
    UnexpectedError,
    translate,
)

HUSH = "hush-hush"


class FakeDiagnostics:
    table_name = "person"
    column_name = None
    constraint_name = "person_email_key"


def postgresql_error(sqlstate: str) -> sa.exc.DBAPIError:
    class Original(psycopg.Error):
        diag = FakeDiagnostics()  # type: ignore[assignment]  # what libpq tells, without a server

    original = Original(f"Key (email)=({HUSH}) already exists")
    original.sqlstate = sqlstate
    return wrapped(original)


def sqlite_error(name: str) -> sa.exc.DBAPIError:
    original = sqlite3.OperationalError(f"{HUSH} failed")
    original.sqlite_errorname = name
    return wrapped(original)


def mariadb_error(number: str, words: str = f"{HUSH} failed") -> sa.exc.DBAPIError:
    original = pymysql.err.OperationalError(int(number), words)
    return wrapped(original)


def wrapped(original: Exception) -> sa.exc.DBAPIError:
    return sa.exc.OperationalError(f"INSERT ... VALUES ({HUSH})", {"x": HUSH}, original)


@pytest.mark.parametrize(
    "error",
    [*map(postgresql_error, SQLSTATES), *map(sqlite_error, SQLITE_CODES), *map(mariadb_error, MARIADB_CODES)],
    ids=repr,
)
def test_no_text_of_the_driver_comes_through(error: sa.exc.DBAPIError):
    translated = translate(error, ERRORS)
    assert not isinstance(translated, UnexpectedError)
    assert HUSH not in translated.message


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("23505", AlreadyExistsError),
        ("23503", NotReadyError),
        ("23502", InvalidValueError),
        ("22021", InvalidValueError),
        ("23999", PreconditionError),
        ("40001", ThrottledError),
        ("40P01", ThrottledError),
        ("42501", PermissionDeniedError),
        ("28P01", BadCredentialsError),
        ("3D000", ConfigurationError),
        ("57P01", ConnectionFailedError),
        ("08006", ConnectionFailedError),
        ("53100", ConnectionFailedError),
        ("XX000", UnexpectedError),
    ],
)
def test_an_sqlstate_has_its_meaning(code: str, kind: type[BridgeError]):
    assert type(translate(postgresql_error(code), ERRORS)) is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_READONLY_ROLLBACK", ConnectionFailedError),
        ("SQLITE_READONLY_DIRECTORY", ConnectionFailedError),
        ("SQLITE_IOERR_READ", ConnectionFailedError),
        ("SQLITE_CORRUPT_INDEX", ConnectionFailedError),
        ("SQLITE_NOTADB", ConnectionFailedError),
        ("SQLITE_BUSY_SNAPSHOT", ThrottledError),
        ("SQLITE_CONSTRAINT_UNIQUE", AlreadyExistsError),
        ("SQLITE_CONSTRAINT_FUNCTION", PreconditionError),
        ("SQLITE_INTERNAL", UnexpectedError),
    ],
)
def test_an_extended_code_of_sqlite_means_what_it_or_its_plain_one_does(name: str, kind: type[BridgeError]):
    assert type(translate(sqlite_error(name), ERRORS)) is kind


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('connection failed: FATAL:  password authentication failed for user "x"', BadCredentialsError),
        ('connection failed: FATAL:  no pg_hba.conf entry for host "x"', BadCredentialsError),
        ('connection failed: FATAL:  role "x" does not exist', BadCredentialsError),
        ('connection failed: FATAL:  database "x" does not exist', ConfigurationError),
        ("connection failed: Connection refused", ConnectionFailedError),
        ("the connection is lost", ConnectionFailedError),
    ],
)
def test_what_comes_without_a_code_is_told_by_its_words(words: str, kind: type[BridgeError]):
    assert type(translate(wrapped(psycopg.OperationalError(words)), ERRORS)) is kind


def test_the_constraint_is_named_so_that_its_attributes_are_found():
    assert translate(postgresql_error("23505"), ERRORS).attributes == ("person_email_key",)


def test_sqlite_names_the_columns():
    original: Any = sqlite3.IntegrityError("UNIQUE constraint failed: person.login, person.email")
    original.sqlite_errorname = "SQLITE_CONSTRAINT_UNIQUE"
    assert translate(wrapped(original), ERRORS).attributes == ("login", "email")


@pytest.mark.parametrize(
    ("number", "words", "columns"),
    [
        ("1062", f"Duplicate entry '{HUSH}' for key 'email'", ("email",)),
        ("1062", f"Duplicate entry '{HUSH}' for key 'person.email'", ("email",)),
        ("1062", f"Duplicate entry 'x' for key '{HUSH}' for key 'email'", ("email",)),
        ("1406", "Data too long for column 'title' at row 1", ("title",)),
        ("1366", f"Incorrect integer value: '{HUSH}' for column `hr`.`person`.`badge` at row 1", ("badge",)),
        ("1048", "Column 'login' cannot be null", ("login",)),
        ("1364", "Field 'login' doesn't have a default value", ("login",)),
        ("1452", f"Cannot add or update a child row ({HUSH})", ()),
    ],
)
def test_mariadb_names_the_column_in_words(number: str, words: str, columns: tuple[str, ...]):
    translated = translate(mariadb_error(number, words), ERRORS)
    assert translated.attributes == columns
    assert HUSH not in translated.message


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("1062", AlreadyExistsError),
        ("1451", NotReadyError),
        ("1213", ThrottledError),
        ("1205", ThrottledError),
        ("1969", ThrottledError),
        ("1045", BadCredentialsError),
        ("1049", ConfigurationError),
        ("2013", ConnectionFailedError),
        ("1644", PreconditionError),
        ("9999", UnexpectedError),
    ],
)
def test_a_number_of_mariadb_has_its_meaning(number: str, kind: type[BridgeError]):
    assert type(translate(mariadb_error(number), ERRORS)) is kind


def test_the_odbc_driver_of_mariadb_tells_the_same_in_other_words():
    words = f"Duplicate entry '{HUSH} (1205) (SQLx)' for key 'email'"
    text = f"[23000] [ma-3.1.15][10.11.19-MariaDB]{words} (1062) (SQLExecDirectW)"
    translated = translate(wrapped(pymysql.err.Error("23000", text)), ERRORS)
    assert type(translated) is AlreadyExistsError
    assert translated.attributes == ("email",)
    assert HUSH not in translated.message
