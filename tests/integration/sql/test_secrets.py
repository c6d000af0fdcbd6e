"""No value and no password stands in an error, whatever the driver writes into its own."""

from __future__ import annotations

import sqlite3
import traceback
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from adapters.sql.config import PasswordScheme
from adapters.sql.passwords import hashed, verifies
from bridge.sdk import (
    Applied,
    BadCredentialsError,
    BridgeError,
    ChangePassword,
    ConfigurationError,
    ConnectionFailedError,
    Rejected,
    Secret,
    SetPassword,
)
from tests.support.sql_connector import SqlConnector, attempt, create, opened, user
from tests.support.sql_tables import connected, sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.containers import PostgreSqlServer

HUSH = "hush-hush@example.org"


def test_a_violated_constraint_tells_the_column_and_not_the_value(people: SqlConnector):
    people.one(create(user("ann"), email=(HUSH,)))
    outcome = people.one(create(user("bob"), email=(HUSH,)))
    assert isinstance(outcome, Rejected)
    assert outcome.failure.code == "already_exists"
    assert outcome.failure.attributes == ("email",)
    assert HUSH not in repr(outcome)


def test_a_traceback_tells_no_value_either(people: SqlConnector):
    people.one(create(user("ann"), email=(HUSH,)))
    with pytest.raises(BridgeError) as raised:
        people.adapter.create(create(user("bob"), email=(HUSH,)))
    assert HUSH not in "".join(traceback.format_exception(raised.value))


@pytest.mark.service
def test_a_refused_login_tells_no_password(postgresql_server: PostgreSqlServer, settings: dict[str, Any]):
    with pytest.raises(BadCredentialsError) as raised, opened(settings, "wrong-" + HUSH):
        pass
    assert HUSH not in "".join(traceback.format_exception(raised.value))


@pytest.mark.service
def test_a_database_that_is_not_there_is_a_fault_of_the_configuration(
    postgresql_server: PostgreSqlServer, settings: dict[str, Any]
):
    settings["url"] += "_not"
    with pytest.raises(ConfigurationError), opened(settings, postgresql_server.password):
        pass


def test_a_server_that_is_not_there_is_not_reached():
    url = "postgresql+psycopg://bridge@127.0.0.1:1/lab"
    with (
        pytest.raises(ConnectionFailedError),
        opened({"url": url, "object_types": {"user": {"table": "t", "name": "n"}}}),
    ):
        pass


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://bridge:{HUSH}@host/lab",
        f"postgresql+psycopg://bridge@host/lab?password={HUSH}",
        f"://{HUSH}",
    ],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str):
    with (
        pytest.raises(ValidationError) as raised,
        opened({"url": url, "object_types": {"user": {"table": "t", "name": "n"}}}),
    ):
        pass
    assert HUSH not in str(raised.value)


@pytest.mark.service
def test_a_missing_right_is_told_by_the_test_and_by_the_operation(
    postgresql: SqlConnector, postgresql_server: PostgreSqlServer, settings: dict[str, Any]
):
    with connected(postgresql_server) as owner:
        owner.execute("CREATE ROLE reader LOGIN PASSWORD 'reader-secret'")
        owner.execute("GRANT USAGE ON SCHEMA people TO reader")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA people TO reader")
    try:
        url = f"postgresql+psycopg://reader@{postgresql_server.host}:{postgresql_server.port}/{postgresql_server.database}"
        with opened({**settings, "url": url, "markers": "none"}, "reader-secret") as connector:
            with pytest.raises(BridgeError, match=r"people\.person: the login lacks INSERT, UPDATE, DELETE"):
                connector.adapter.test()
            outcome = connector.one(create(user("ann")))
            assert isinstance(outcome, Rejected)
            assert outcome.failure.code == "permission_denied"
    finally:
        with connected(postgresql_server) as owner:
            owner.execute("DROP OWNED BY reader")
            owner.execute("DROP ROLE reader")


def test_passwords_are_stored_as_hashes_and_never_read(people: SqlConnector):
    people.one(create(user("ann")))
    assert isinstance(people.one(attempt(user("ann"), SetPassword(Secret(HUSH)))), Applied)
    assert HUSH not in repr(people.read(user("ann")))
    assert not any("password" in name for name in people.read(user("ann")).attributes)
    wrong = people.one(attempt(user("ann"), ChangePassword(Secret("wrong"), Secret(HUSH + "2"))))
    assert isinstance(wrong, Rejected)
    assert wrong.failure.code == "password_rejected"
    assert isinstance(people.one(attempt(user("ann"), ChangePassword(Secret(HUSH), Secret(HUSH + "2")))), Applied)


@pytest.mark.parametrize("scheme", PasswordScheme)
def test_a_change_moves_a_password_to_the_configured_scheme(sqlite_file: Path, scheme: PasswordScheme):
    settings = sqlite_settings(sqlite_file)
    settings["object_types"]["user"]["password"] = {"column": "password_hash", "scheme": scheme.value}
    old, new = Secret("old"), Secret("new")
    with closing(sqlite3.connect(sqlite_file)) as owner, opened(settings) as connector:
        connector.one(create(user("ann")))
        for stored in PasswordScheme:
            owner.execute("UPDATE person SET password_hash = ?", (hashed(old, stored),))
            owner.commit()
            wrong = connector.one(attempt(user("ann"), ChangePassword(Secret("wrong"), new)))
            assert isinstance(wrong, Rejected)
            assert isinstance(connector.one(attempt(user("ann"), ChangePassword(old, new))), Applied)
            (now,) = owner.execute("SELECT password_hash FROM person").fetchone()
            assert verifies(new, now)
            assert now[:6] == hashed(new, scheme)[:6]


def test_a_column_too_short_for_the_hash_is_refused(sqlite_file: Path):
    settings = sqlite_settings(sqlite_file)
    settings["object_types"]["user"]["password"] = {"column": "pin", "scheme": "ssha"}
    with (
        pytest.raises(ConfigurationError, match=r"object_types\.user\.password\.column: .* 20 .* 46"),
        opened(settings),
    ):
        pass
