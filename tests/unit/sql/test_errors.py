"""The table of errors: each code has its meaning, and no text of the driver comes through."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from adapters.sql.errors import ERRORS, SQLITE_CODES, SQLSTATES
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


def wrapped(original: Exception) -> sa.exc.DBAPIError:
    return sa.exc.OperationalError(f"INSERT ... VALUES ({HUSH})", {"x": HUSH}, original)


@pytest.mark.parametrize("error", [*map(postgresql_error, SQLSTATES), *map(sqlite_error, SQLITE_CODES)], ids=repr)
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
