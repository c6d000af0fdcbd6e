"""Operations by SQL statements and by procedures, mixed with those on the table, on every engine."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import (
    Anchor,
    Applied,
    ChangePassword,
    Delete,
    DeltaKind,
    Mutability,
    Name,
    ObjectRef,
    ObjectType,
    Outcome,
    Rejected,
    Rename,
    Secret,
    SetPassword,
    Unchanged,
    Update,
)
from tests.support.sql_connector import SqlConnector, attempt, change, create, group, opened, replace, user
from tests.support.sql_modes import (
    mariadb_procedures,
    postgresql_procedures,
    with_operations,
    with_procedures,
    with_statements,
)
from tests.support.sql_tables import connected, mariadb_settings, postgresql_settings, sqlite_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.containers import MariaDbServer, PostgreSqlServer

SCHEMA = "modes"
USER = ObjectType("user")


@pytest.fixture
def sqlite_statements(tmp_path: Path) -> Iterator[SqlConnector]:
    with opened(with_statements(sqlite_settings(tmp_path / "people.db", markers="create"))) as connector:
        yield connector


@pytest.fixture
def postgresql(postgresql_server: PostgreSqlServer) -> Iterator[dict[str, Any]]:
    with postgresql_procedures(postgresql_server, SCHEMA):
        yield postgresql_settings(postgresql_server, SCHEMA, markers="create")


@pytest.fixture
def postgresql_statements(postgresql_server: PostgreSqlServer, postgresql: dict[str, Any]) -> Iterator[SqlConnector]:
    with opened(with_statements(postgresql, SCHEMA), postgresql_server.password) as connector:
        yield connector


@pytest.fixture
def postgresql_calls(postgresql_server: PostgreSqlServer, postgresql: dict[str, Any]) -> Iterator[SqlConnector]:
    with opened(with_procedures(postgresql, SCHEMA), postgresql_server.password) as connector:
        yield connector


@pytest.fixture
def mariadb(mariadb_server: MariaDbServer) -> Iterator[dict[str, Any]]:
    with mariadb_procedures(mariadb_server, SCHEMA):
        yield mariadb_settings(mariadb_server, SCHEMA, markers="create")


@pytest.fixture
def mariadb_statements(mariadb_server: MariaDbServer, mariadb: dict[str, Any]) -> Iterator[SqlConnector]:
    with opened(with_statements(mariadb), mariadb_server.password) as connector:
        yield connector


@pytest.fixture
def mariadb_calls(mariadb_server: MariaDbServer, mariadb: dict[str, Any]) -> Iterator[SqlConnector]:
    with opened(with_procedures(mariadb), mariadb_server.password) as connector:
        yield connector


@pytest.fixture(
    params=[
        "sqlite_statements",
        *(
            pytest.param(f"{engine}_{mode}", marks=pytest.mark.service)
            for engine in ("postgresql", "mariadb")
            for mode in ("statements", "calls")
        ),
    ]
)
def people(request: pytest.FixtureRequest) -> SqlConnector:
    """A connector to each engine and in each mode in turn."""
    connector = request.getfixturevalue(request.param)
    assert isinstance(connector, SqlConnector)
    return connector


def test_create_and_update_take_attributes_references_and_values_of_many(people: SqlConnector):
    ann = people.one(create(user("ann"), display_name=("Ann",)))
    assert isinstance(ann, Applied)
    people.one(create(user("bob"), email=("b@x",), manager=(user("ann"),), phone=("1", "2")))
    assert people.read(user("bob")).attributes["manager"] == (ObjectRef(USER, ann.anchor),)
    people.one(replace(user("bob"), "display_name", "Bob"))
    people.one(change(user("bob"), "phone", DeltaKind.REMOVE, "1"))
    bob = people.read(user("bob")).attributes
    assert (bob["display_name"], bob["email"], bob["phone"]) == (("Bob",), ("b@x",), ("2",))
    assert people.read(user("bob")).attributes["manager"] == (ObjectRef(USER, ann.anchor),)


def test_a_value_is_removed_only_if_it_is_the_one_there(people: SqlConnector):
    people.one(create(user("ann"), display_name=("Ann",), email=("a@x",)))
    people.one(change(user("ann"), "email", DeltaKind.REMOVE, "other@x"))
    assert people.read(user("ann")).attributes["email"] == ("a@x",)
    people.one(change(user("ann"), "email", DeltaKind.REMOVE, "other@x", "a@x"))
    assert "email" not in people.read(user("ann")).attributes
    assert people.read(user("ann")).attributes["display_name"] == ("Ann",)


def test_an_object_that_is_not_there_is_unknown_and_its_delete_unchanged(people: SqlConnector):
    for target in (user("nobody"), ObjectRef(USER, Anchor("99"))):
        for body in (Update(()), Rename(Name("x")), SetPassword(Secret("long enough"))):
            assert code(people.one(attempt(target, body))) == "unknown_object"
        assert isinstance(people.one(attempt(target, Delete())), Unchanged)


def test_a_name_that_is_taken_is_told_with_its_anchor_and_the_others_go_on(people: SqlConnector):
    ann, again, bob = people.send(create(user("ann")), create(user("ann")), create(user("bob")))
    assert isinstance(ann, Applied)
    assert isinstance(again, Rejected)
    assert (again.failure.code, again.anchor) == ("already_exists", ann.anchor)
    assert isinstance(bob, Applied)


def test_an_operation_sent_again_has_one_effect(people: SqlConnector):
    for once in (create(user("ann"), display_name=("Ann",)), attempt(user("ann"), Rename(Name("eve")))):
        first, second = people.one(once), people.one(once)
        assert isinstance(first, Applied)
        assert isinstance(second, Applied)
        told = people.adapter.applied(once.operation.caller, [once.operation.id])
        assert first.anchor == second.anchor == told[once.operation.id].anchor
    assert [each.name for each in people.found("user")] == ["eve"]


def test_a_password_goes_to_the_database_and_nowhere_else(people: SqlConnector):
    people.one(create(user("ann")))
    old, new = Secret("an old long one"), Secret("a new long one")
    assert isinstance(people.one(attempt(user("ann"), SetPassword(old))), Applied)
    assert code(people.one(attempt(user("ann"), ChangePassword(new, old)))) == "password_rejected"
    assert isinstance(people.one(attempt(user("ann"), ChangePassword(old, new))), Applied)
    assert "xxx" not in repr(people.one(attempt(user("ann"), SetPassword(Secret("x" * 500)))))


def test_what_a_create_does_not_take_is_refused_and_not_dropped(tmp_path: Path):
    only_create = {"create": {"statements": ["INSERT INTO person (login, email) VALUES (:name, :email)"]}}
    with opened(with_operations(sqlite_settings(tmp_path / "people.db"), only_create)) as connector:
        attributes = connector.adapter.schema().object_types[USER].attributes
        assert attributes["title"].mutability is Mutability.READ_WRITE
        refused = connector.one(create(user("ann"), title=("Dr",)))
        assert isinstance(refused, Rejected)
        assert (refused.failure.code, refused.failure.attributes) == ("invalid_value", ("title",))
        connector.one(create(user("ann"), email=("a@x",)))
        assert isinstance(connector.one(replace(user("ann"), "title", "Dr")), Applied), "by the table, as configured"


def test_the_schema_offers_what_the_statements_take(tmp_path: Path):
    operations = {
        "create": {"statements": ["INSERT INTO person (login, email) VALUES (:name, :email)"]},
        "update": {"statements": ["UPDATE person SET title = :title WHERE id = :anchor"]},
    }
    with opened(with_operations(sqlite_settings(tmp_path / "people.db"), operations)) as connector:
        attributes = connector.adapter.schema().object_types[USER].attributes
        offered = {name: attributes[name].mutability for name in ("email", "title", "badge")}
    assert offered == {"email": Mutability.ON_CREATE, "title": Mutability.READ_WRITE, "badge": Mutability.READ_ONLY}


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("DELETE FROM phone WHERE person_id = :anchor", "precondition"),
        ("UPDATE person SET title = 'x' WHERE login <> :name", "ambiguous_object"),
    ],
)
def test_a_count_that_is_not_one_undoes_all_unless_it_may(tmp_path: Path, statement: str, refused: str):
    title = "UPDATE person SET title = 'gone' WHERE id = :anchor"
    for rows, outcome in (("one", refused), ("any", "")):
        operations = {"rename": {"statements": [title, {"run": statement, "rows": rows}]}}
        with opened(with_operations(sqlite_settings(tmp_path / f"{rows}.db"), operations)) as connector:
            connector.send(*(create(user(name)) for name in ("ann", "bob", "cid")))
            told = connector.one(attempt(user("ann"), Rename(Name("eve"))))
            assert code(told) == outcome
            assert connector.read(user("ann")).attributes["title"] == (("none",) if outcome else ("gone",))
            if outcome:
                assert isinstance(told, Rejected)
                assert "object_types.user.operations.rename.statements[1]" in told.failure.message


def test_a_statement_of_attributes_runs_only_if_one_of_them_changes(tmp_path: Path):
    operations = {
        "update": {
            "statements": [
                "UPDATE person SET email = :email WHERE id = :anchor",
                "UPDATE person SET badge = coalesce(badge, 0) + 1 WHERE id = :anchor",
                "UPDATE person SET title = :title, salary = 1 WHERE id = :anchor",
            ]
        }
    }
    with opened(with_operations(sqlite_settings(tmp_path / "people.db"), operations)) as connector:
        connector.one(create(user("ann")))
        connector.one(replace(user("ann"), "email", "a@x"))
        ann = connector.read(user("ann")).attributes
        assert (ann["email"], ann["badge"]) == (("a@x",), (1,))
        assert "salary" not in ann


def test_the_anchor_comes_from_a_row_that_a_statement_returns(tmp_path: Path):
    insert = "INSERT INTO person (id, login) VALUES (7 + length(:name), upper(:name)) RETURNING id AS made"
    operations = {"create": {"statements": [insert], "anchor_from": "made"}}
    with opened(with_operations(sqlite_settings(tmp_path / "people.db"), operations)) as connector:
        made = connector.one(create(user("ann")))
        assert isinstance(made, Applied)
        assert made.anchor == "10"
        assert connector.read(ObjectRef(USER, made.anchor)).name == "ANN"


def test_without_it_a_row_of_that_name_must_be_there(tmp_path: Path):
    operations = {"create": {"statements": ["INSERT INTO person (login) VALUES (upper(:name))"]}}
    with opened(with_operations(sqlite_settings(tmp_path / "people.db"), operations)) as connector:
        assert code(connector.one(create(user("ann")))) == "precondition"
        assert connector.found("user") == []


def test_an_anchor_that_the_adapter_makes_is_a_parameter(sqlite_file: Path):
    settings = {
        "url": f"sqlite:///{sqlite_file}",
        "object_types": {
            "user": {
                "table": "odd",
                "name": "name",
                "new_anchor": "uuid",
                "operations": {"create": {"statements": ["INSERT INTO odd (id, name) VALUES (:anchor, :name)"]}},
            }
        },
    }
    make(sqlite_file, "CREATE TABLE odd (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
    with opened(settings) as connector:
        made = connector.one(create(user("ann")))
        assert isinstance(made, Applied)
        assert made.anchor is not None
        assert connector.read(ObjectRef(USER, made.anchor)).name == "ann"


def test_an_anchor_of_several_columns_has_a_parameter_for_each(sqlite_file: Path):
    where = "WHERE tenant = :anchor_tenant AND code = :anchor_code"
    insert = "INSERT INTO odd (tenant, code, name) VALUES (7, upper(:name), :name) RETURNING tenant, code AS made"
    settings = {
        "url": f"sqlite:///{sqlite_file}",
        "object_types": {
            "user": {
                "table": "odd",
                "name": "name",
                "operations": {
                    "create": {"statements": [insert], "anchor_from": ["tenant", "made"]},
                    "update": {"statements": [f"UPDATE odd SET city = :city {where}"]},
                    "delete": {"statements": [f"DELETE FROM odd {where}"]},
                },
            }
        },
    }
    make(
        sqlite_file,
        "CREATE TABLE odd (tenant INTEGER, code TEXT, name TEXT UNIQUE, city TEXT, PRIMARY KEY (tenant, code))",
    )
    with opened(settings) as connector:
        made = connector.one(create(user("a,b")))
        assert isinstance(made, Applied)
        assert made.anchor == "7,A%2CB"
        connector.one(replace(ObjectRef(USER, made.anchor), "city", "Graz"))
        assert connector.read(user("a,b")).attributes["city"] == ("Graz",)
        assert isinstance(connector.one(attempt(user("a,b"), Delete())), Applied)
        assert connector.found("user") == []


def make(file: Path, ddl: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.executescript(ddl)


def test_values_of_many_may_be_added_and_removed_by_statements(tmp_path: Path):
    settings = sqlite_settings(tmp_path / "people.db")
    member = settings["object_types"]["group"]["attributes"]["member"]
    member["add"] = {"statements": ["INSERT INTO group_member VALUES (:anchor, :value)"]}
    member["remove"] = {"statements": ["DELETE FROM group_member WHERE group_id = :anchor AND user_id = :value"]}
    with opened(settings) as connector:
        connector.send(*(create(user(name)) for name in ("ann", "bob", "cid")))
        connector.one(create(group("g"), member=(user("ann"), user("bob"))))
        for kind, names in ((DeltaKind.ADD, "bc"), (DeltaKind.REMOVE, "a"), (DeltaKind.REMOVE, "a")):
            people = [user(each) for each in ("ann", "bob", "cid") if each[0] in names]
            assert isinstance(connector.one(change(group("g"), "member", kind, *people)), Applied)
        assert members(connector) == {"2", "3"}
        connector.one(change(group("g"), "member", DeltaKind.REPLACE, user("ann"), user("cid")))
        assert members(connector) == {"1", "3"}


CLERK = (
    f"CREATE VIEW {SCHEMA}.people AS SELECT id, login, display_name, email, manager_id FROM {SCHEMA}.person",
    f"ALTER ROUTINE {SCHEMA}.person_create SECURITY DEFINER",
    f"ALTER ROUTINE {SCHEMA}.person_update SECURITY DEFINER",
    f"ALTER ROUTINE {SCHEMA}.person_rename SECURITY DEFINER",
    f"ALTER ROUTINE {SCHEMA}.person_remove SECURITY DEFINER",
    "CREATE ROLE clerk LOGIN PASSWORD 'of-the-test'",
    f"GRANT USAGE ON SCHEMA {SCHEMA} TO clerk",
    f"GRANT SELECT ON {SCHEMA}.people TO clerk",
)
"""A role that sees a view and may run the procedures, and has no right on any table."""


@pytest.mark.service
def test_a_database_of_views_and_procedures_needs_no_right_on_tables(
    postgresql_server: PostgreSqlServer, postgresql: dict[str, Any]
):
    server = postgresql_server
    settings = with_procedures(postgresql, SCHEMA)
    operations = {
        kind: call for kind, call in settings["object_types"]["user"]["operations"].items() if "password" not in kind
    }
    types = {
        "user": {
            "table": "people",
            "table_schema": SCHEMA,
            "anchor": "id",
            "name": "login",
            "attributes": {"manager": {"column": "manager_id", "references": "user"}},
            "operations": operations,
        }
    }
    url = f"postgresql+psycopg://clerk@{server.host}:{server.port}/{server.database}"
    with connected(server) as other:
        for statement in CLERK:
            other.execute(statement.encode())
    try:
        with opened({**settings, "url": url, "object_types": types, "markers": "none"}, "of-the-test") as connector:
            assert any("people: SELECT" in line for line in connector.adapter.test())
            assert isinstance(connector.one(create(user("ann"), display_name=("Ann",))), Applied)
            assert code(connector.one(create(user("ann")))) == "already_exists"
            assert isinstance(connector.one(replace(user("ann"), "email", "a@x")), Applied)
            assert connector.read(user("ann")).attributes["display_name"] == ("Ann",)
            assert isinstance(connector.one(attempt(user("ann"), Rename(Name("eve")))), Applied)
            assert isinstance(connector.one(attempt(user("eve"), Delete())), Applied)
            assert connector.found("user") == []
    finally:
        with connected(server) as other:
            other.execute(b"DROP OWNED BY clerk")
            other.execute(b"DROP ROLE clerk")


def members(connector: SqlConnector) -> set[str | None]:
    return {each.anchor for each in connector.read(group("g")).attributes["member"] if isinstance(each, ObjectRef)}


def code(outcome: Outcome) -> str:
    return outcome.failure.code if isinstance(outcome, Rejected) else ""
