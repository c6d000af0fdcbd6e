"""A procedure that ends our transaction breaks no promise silently: refused, or its effect and its marker are one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import Applied, Delete, Name, Outcome, Rejected, Rename, Uncertain
from tests.support.sql_connector import SqlConnector, attempt, create, opened, user
from tests.support.sql_modes import with_operations
from tests.support.sql_tables import (
    connected,
    mariadb_connected,
    mariadb_database,
    mariadb_settings,
    postgresql_schema,
    postgresql_settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.containers import MariaDbServer, PostgreSqlServer

pytestmark = pytest.mark.service
SCHEMA = "commits"

RENAME = {
    "procedure": "renames",
    "procedure_schema": SCHEMA,
    "arguments": {"p_id": "anchor", "p_login": "new_name"},
}


@contextlib.contextmanager
def on_mariadb(server: MariaDbServer, then: str, **more: Any) -> Iterator[SqlConnector]:
    """A connector as a login that may execute the procedure and not read it."""
    with mariadb_database(server, SCHEMA):
        with mariadb_connected(server) as other:
            other.execute(f"USE {SCHEMA}")
            other.execute(
                "CREATE PROCEDURE renames(IN p_id INTEGER, IN p_login VARCHAR(200)) "
                f"BEGIN UPDATE person SET login = p_login WHERE id = p_id; {then}; END"
            )
            other.execute("CREATE USER clerk IDENTIFIED BY 'of-the-test'")
            other.execute(f"GRANT EXECUTE ON PROCEDURE {SCHEMA}.renames TO clerk")
            other.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX ON {SCHEMA}.* TO clerk")
        url = f"mariadb+pymysql://clerk@{server.host}:{server.port}/{SCHEMA}"
        settings = with_operations({**mariadb_settings(server, SCHEMA, **more), "url": url}, {"rename": RENAME})
        try:
            with opened(settings, "of-the-test") as connector:
                yield connector
        finally:
            with mariadb_connected(server) as other:
                other.execute("DROP USER clerk")


def test_a_commit_takes_the_marker_along(mariadb_server: MariaDbServer):
    with on_mariadb(mariadb_server, "COMMIT", markers="create") as connector:
        connector.send(create(user("ann")), create(user("bob")))
        rename = attempt(user("ann"), Rename(Name("eve")))
        others = attempt(user("bob"), Delete()), create(user("cid"))
        assert all(isinstance(each, Applied) for each in connector.send(rename, *others))
        told = connector.adapter.applied(rename.operation.caller, [rename.operation.id])
        assert told[rename.operation.id].anchor == "1"
        assert isinstance(connector.one(rename), Applied), "sent again"
        assert {each.name for each in connector.found("user")} == {"eve", "cid"}


def test_without_a_marker_a_commit_leaves_it_uncertain(mariadb_server: MariaDbServer):
    with on_mariadb(mariadb_server, "COMMIT", markers="none") as connector:
        connector.one(create(user("ann")))
        assert_uncertain(connector.one(attempt(user("ann"), Rename(Name("eve")))))


@pytest.mark.parametrize("then", ["ROLLBACK", "ROLLBACK; SIGNAL SQLSTATE '45000'"])
def test_a_rollback_is_never_told_as_applied(mariadb_server: MariaDbServer, then: str):
    with on_mariadb(mariadb_server, then, markers="create") as connector:
        connector.one(create(user("ann")))
        rename = attempt(user("ann"), Rename(Name("eve")))
        outcome, made = connector.send(rename, create(user("bob")))
        assert_uncertain(outcome)
        assert isinstance(made, Applied)
        assert not connector.adapter.applied(rename.operation.caller, [rename.operation.id])
        assert {each.name for each in connector.found("user")} == {"ann", "bob"}


def test_on_postgresql_the_server_refuses_it_and_all_is_undone(postgresql_server: PostgreSqlServer):
    server = postgresql_server
    with postgresql_schema(server, SCHEMA):
        with connected(server) as other:
            other.execute(
                f"CREATE PROCEDURE {SCHEMA}.renames(p_id integer, p_login text) LANGUAGE plpgsql AS $$ "
                f"BEGIN UPDATE {SCHEMA}.person SET login = p_login WHERE id = p_id; COMMIT; END $$".encode()
            )
        settings = with_operations(postgresql_settings(server, SCHEMA, markers="create"), {"rename": RENAME})
        with opened(settings, server.password) as connector:
            connector.one(create(user("ann")))
            refused = connector.one(attempt(user("ann"), Rename(Name("eve"))))
            assert isinstance(refused, Rejected)
            assert "COMMIT or ROLLBACK of its own" in refused.failure.message
            assert [each.name for each in connector.found("user")] == ["ann"]


def assert_uncertain(outcome: Outcome) -> None:
    assert isinstance(outcome, Uncertain), outcome
    assert "has ended the bridge's transaction" in outcome.failure.message
