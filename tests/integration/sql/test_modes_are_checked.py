"""What the configuration says of statements and procedures is checked against the catalogue before anything runs."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import ConfigurationError
from tests.support.sql_connector import SqlConnector
from tests.support.sql_modes import mariadb_procedures, postgresql_procedures, with_operations
from tests.support.sql_tables import (
    connected,
    mariadb_connected,
    mariadb_settings,
    postgresql_settings,
    sqlite_settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.containers import MariaDbServer, PostgreSqlServer

SCHEMA = "checked"


def refusal(settings: dict[str, Any], operations: dict[str, Any], password: str = "") -> str:
    """In which words the connector refuses to open, without the place that they all begin with."""
    connector = SqlConnector(with_operations(settings, operations), password)
    with pytest.raises(ConfigurationError) as raised:
        connector.adapter.open()
    assert raised.value.message.startswith("object_types.user.operations.")
    return raised.value.message.removeprefix("object_types.user.operations.")


@pytest.mark.parametrize(
    ("kind", "statement", "words"),
    [
        ("update", "UPDATE person SET email = :emial WHERE id = :anchor", "there is no parameter 'emial'"),
        ("update", "UPDATE person SET title = :phone WHERE id = :anchor", "there is no parameter"),
        ("rename", "UPDATE person SET login = :email WHERE id = :anchor", "there is no parameter"),
        ("delete", "DELETE FROM person WHERE id = :anchor AND login = :new_name", "there is no parameter"),
        ("delete", "DELETE FROM perso WHERE id = :anchor", "the database does not take the statement: no such table"),
        ("delete", "DELETE FROM person WERE id = :anchor", "the database does not take the statement"),
        ("delete", "DELETE FROM phone; DELETE FROM person", "holds two statements"),
        ("delete", "DROP TABLE person", "a statement begins with"),
        ("delete", "-- all\nCOMMIT", "a statement begins with"),
        ("delete", "CALL person_remove(:anchor)", "for a procedure write `procedure:`"),
    ],
)
def test_a_statement_that_cannot_work_is_told_with_its_place(tmp_path: Path, kind: str, statement: str, words: str):
    file = tmp_path / "people.db"
    found = refusal(sqlite_settings(file), {kind: {"statements": ["SELECT 1", statement]}})
    assert found.startswith(f"{kind}.statements[1]: ")
    assert words in found
    with contextlib.closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT count(*) FROM person").fetchone() == (0,)


def test_a_statement_may_hold_what_looks_like_two_or_like_a_parameter(tmp_path: Path):
    text = r"UPDATE person SET title = 'a;b', email = '\:c' WHERE id = :anchor;"
    operations = {"delete": {"statements": [text]}}
    connector = SqlConnector(with_operations(sqlite_settings(tmp_path / "people.db"), operations))
    connector.adapter.open()
    connector.adapter.close()


def test_an_attribute_called_as_a_parameter_is_told(tmp_path: Path):
    settings = sqlite_settings(tmp_path / "people.db")
    settings["object_types"]["user"]["attributes"]["anchor"] = {"column": "title"}
    found = refusal(settings, {"update": {"statements": ["UPDATE person SET email = :email WHERE id = :anchor"]}})
    assert found.startswith("update.statements[0]: 'anchor' is a parameter of its own")


def test_the_anchor_has_as_many_columns_as_the_statements_give(tmp_path: Path):
    insert = {"statements": ["INSERT INTO person (login) VALUES (:name) RETURNING id"], "anchor_from": ["id", "x"]}
    assert refusal(sqlite_settings(tmp_path / "people.db"), {"create": insert}).startswith("create.anchor_from: 1 are")


def test_sqlite_has_no_procedures(tmp_path: Path):
    found = refusal(sqlite_settings(tmp_path / "people.db"), {"delete": {"procedure": "person_remove"}})
    assert found.startswith("delete.procedure: there is no procedure 'person_remove'")


@pytest.fixture(params=["postgresql", "mariadb"])
def target(
    request: pytest.FixtureRequest, postgresql_server: PostgreSqlServer, mariadb_server: MariaDbServer
) -> Iterator[tuple[dict[str, Any], str]]:
    """Settings and password of a connector to a server with procedures."""
    if request.param == "postgresql":
        with postgresql_procedures(postgresql_server, SCHEMA):
            yield postgresql_settings(postgresql_server, SCHEMA), postgresql_server.password
    else:
        with mariadb_procedures(mariadb_server, SCHEMA):
            yield mariadb_settings(mariadb_server, SCHEMA), mariadb_server.password


REMOVE = {"procedure": "person_remove", "procedure_schema": SCHEMA, "arguments": {"p_id": "anchor"}}
CREATE = {
    "procedure": "person_create",
    "procedure_schema": SCHEMA,
    "arguments": {"p_login": "name", "p_name": "display_name", "p_email": "email", "p_manager": "manager"},
}


@pytest.mark.service
@pytest.mark.parametrize(
    ("operations", "words"),
    [
        ({"delete": {**REMOVE, "procedure": "person_kill"}}, "delete.procedure: there is no procedure 'person_kill'"),
        ({"delete": {**REMOVE, "procedure_schema": "other"}}, "delete.procedure: there is no procedure"),
        ({"delete": {**REMOVE, "arguments": {}}}, "delete.arguments: the procedure needs 'p_id' as well"),
        (
            {"delete": {**REMOVE, "arguments": {"p_id": "anchor", "p_why": "name"}}},
            "delete.arguments: the procedure takes no argument 'p_why'; there are 'p_id'",
        ),
        ({"delete": {**REMOVE, "arguments": {"p_id": "email"}}}, "delete.arguments: there is no parameter"),
        ({"create": {**CREATE, "arguments": {**CREATE["arguments"], "p_id": "name"}}}, "create.arguments: the proce"),  # type: ignore[dict-item]  # a mapping
        (
            {"create": {**CREATE, "anchor_from": "id"}},
            "create.anchor_from: the procedure gives back nothing",
        ),
    ],
)
def test_a_procedure_that_cannot_work_is_told_with_its_place(
    target: tuple[dict[str, Any], str], operations: dict[str, Any], words: str
):
    settings, password = target
    assert refusal(settings, operations, password).startswith(words)


@pytest.mark.service
def test_a_procedure_of_several_forms_is_not_chosen_from(postgresql_server: PostgreSqlServer):
    server = postgresql_server
    with postgresql_procedures(server, SCHEMA):
        with connected(server) as other:
            other.execute(f"CREATE PROCEDURE {SCHEMA}.person_remove(p_login text) LANGUAGE sql AS ''".encode())
        found = refusal(postgresql_settings(server, SCHEMA), {"delete": REMOVE}, server.password)
    assert found.startswith("delete.procedure: there are 2 procedures called 'person_remove'")


@pytest.mark.service
def test_a_procedure_that_may_not_be_executed_is_not_there(postgresql_server: PostgreSqlServer):
    server = postgresql_server
    with postgresql_procedures(server, SCHEMA):
        with connected(server) as other:
            other.execute(b"CREATE ROLE guest LOGIN PASSWORD 'of-the-test'")
            other.execute(f"REVOKE EXECUTE ON ROUTINE {SCHEMA}.person_remove FROM PUBLIC".encode())
            other.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO guest".encode())
            other.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO guest".encode())
        url = f"postgresql+psycopg://guest@{server.host}:{server.port}/{server.database}"
        settings = {**postgresql_settings(server, SCHEMA), "url": url}
        try:
            found = refusal(settings, {"delete": REMOVE}, "of-the-test")
        finally:
            with connected(server) as other:
                other.execute(b"DROP OWNED BY guest")
                other.execute(b"DROP ROLE guest")
    assert found.startswith("delete.procedure: there is no procedure 'person_remove'")


@pytest.mark.service
@pytest.mark.parametrize("ends", ["COMMIT", "ROLLBACK", "START TRANSACTION"])
def test_on_mariadb_a_procedure_that_ends_the_transaction_is_refused(mariadb_server: MariaDbServer, ends: str):
    server = mariadb_server
    with mariadb_procedures(server, SCHEMA):
        with mariadb_connected(server) as other:
            other.execute(f"USE {SCHEMA}")
            other.execute(
                "CREATE PROCEDURE ends(IN p_id INTEGER) "
                f"BEGIN DELETE FROM person WHERE id = p_id AND login <> 'x COMMIT'; /* COMMIT */ {ends}; END"
            )
        found = refusal(mariadb_settings(server, SCHEMA), {"delete": {**REMOVE, "procedure": "ends"}}, server.password)
    assert found.startswith(f"delete.procedure: the procedure has {ends}")
