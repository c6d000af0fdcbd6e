"""Where anchors come from: the database, the adapter, the caller; and keys of several columns."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from bridge.sdk import Anchor, Applied, Delete, DeltaKind, Name, ObjectRef, ObjectType, Outcome, Rejected, Rename
from tests.support.sql_connector import attempt, change, create, opened, replace, user
from tests.support.sql_tables import postgresql_schema, postgresql_settings, sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.containers import PostgreSqlServer


def with_table(file: Path, ddl: str, **object_type: Any) -> dict[str, Any]:
    settings = sqlite_settings(file, markers="create")
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(ddl)
    settings["object_types"] = {"user": {"table": "odd", **object_type}}
    return settings


def anchor(outcome: Outcome) -> Anchor:
    assert isinstance(outcome, Applied), outcome
    assert outcome.anchor is not None
    return outcome.anchor


def by_anchor(outcome: Outcome) -> ObjectRef:
    return ObjectRef(ObjectType("user"), anchor(outcome))


def test_the_adapter_makes_a_uuid(sqlite_file: Path):
    ddl = (
        "CREATE TABLE odd (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL UNIQUE, city TEXT);"
        "CREATE TABLE mail (odd_id CHAR(36) REFERENCES odd (id), address TEXT)"
    )
    many = {"mail": {"table": "mail", "owner": "odd_id", "column": "address"}}
    with opened(with_table(sqlite_file, ddl, name="name", new_anchor="uuid", attributes=many)) as connector:
        outcome = connector.one(create(user("ann"), mail=("a@x", "b@x")))
        assert UUID(anchor(outcome)).version == 4
        assert set(connector.read(by_anchor(outcome)).attributes["mail"]) == {"a@x", "b@x"}


@pytest.mark.service
def test_the_database_makes_a_uuid(postgresql_server: PostgreSqlServer):
    ddl = """
    CREATE TABLE odd (
        id UUID PRIMARY KEY DEFAULT gen_random_uuid(), name TEXT NOT NULL UNIQUE, boss UUID REFERENCES odd (id)
    )
    """
    with postgresql_schema(postgresql_server, "keys", ddl):
        types = {"user": {"table": "odd", "table_schema": "keys", "name": "name"}}
        settings = postgresql_settings(postgresql_server, None, object_types=types)
        with opened(settings, postgresql_server.password) as connector:
            outcomes = connector.send(create(user("ann")), create(user("bob")))
            assert len({UUID(anchor(each)) for each in outcomes}) == 2
            assert isinstance(connector.one(replace(user("bob"), "boss", user("ann"))), Applied)
            (boss,) = connector.read(by_anchor(outcomes[1])).attributes["boss"]
            assert boss == by_anchor(outcomes[0])


def test_a_natural_key_is_the_name_and_is_not_renamed(sqlite_file: Path):
    ddl = "CREATE TABLE odd (login VARCHAR(20) NOT NULL PRIMARY KEY, city TEXT)"
    with opened(with_table(sqlite_file, ddl, name="login")) as connector:
        assert anchor(connector.one(create(user("ann, b"), city=("x",)))) == "ann, b"
        outcome = connector.one(attempt(user("ann, b"), Rename(Name("eve"))))
        assert isinstance(outcome, Rejected)
        assert outcome.failure.code == "unsupported"
        assert isinstance(connector.one(create(user("ann, b"))), Rejected)


def test_a_key_that_nobody_makes_is_an_attribute_of_the_create(sqlite_file: Path):
    ddl = "CREATE TABLE odd (code TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE)"
    with opened(with_table(sqlite_file, ddl, name="name")) as connector:
        described = connector.adapter.schema().object_types[ObjectType("user")].attributes["code"]
        assert (described.required, described.mutability.value) == (True, "on_create")
        assert anchor(connector.one(create(user("ann"), code=("A1",)))) == "A1"
        for refused in (create(user("bob")), replace(user("ann"), "code", "B2")):
            outcome = connector.one(refused)
            assert isinstance(outcome, Rejected)
            assert outcome.failure.attributes == ("code",)


def test_a_key_of_several_columns_has_a_reversible_text(sqlite_file: Path):
    ddl = """
    CREATE TABLE odd (
        tenant INTEGER NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL UNIQUE, city TEXT, PRIMARY KEY (tenant, code)
    );
    CREATE TABLE mail (t INTEGER, c TEXT, address TEXT, FOREIGN KEY (t, c) REFERENCES odd (tenant, code));
    """
    many = {"mail": {"table": "mail", "owner": ["t", "c"], "column": "address"}}
    with opened(with_table(sqlite_file, ddl, name="name", attributes=many)) as connector:
        keys = [(7, "a,b"), (7, "é%"), (-1, "")]
        outcomes = connector.send(
            *(create(user(f"u{n}"), tenant=(t,), code=(c,), mail=(f"m{n}",)) for n, (t, c) in enumerate(keys))
        )
        assert [anchor(each) for each in outcomes] == ["7,a%2Cb", "7,%C3%A9%25", "-1,"]
        for number, outcome in enumerate(outcomes):
            assert connector.read(by_anchor(outcome)).attributes["mail"] == (f"m{number}",)
        assert isinstance(connector.one(change(by_anchor(outcomes[0]), "mail", DeltaKind.REPLACE, "z")), Applied)
        assert connector.read(user("u0")).attributes["mail"] == ("z",)
        assert len(connector.found("user", page_size=1)) == 3
        assert isinstance(connector.one(attempt(by_anchor(outcomes[1]), Delete())), Applied)
        assert {each.name for each in connector.found("user")} == {"u0", "u2"}
