"""One operation changes one row: none is an unknown object, two are ambiguous and nothing stays changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import Anchor, Applied, Delete, Name, ObjectRef, ObjectType, Outcome, Rejected, Rename, Unchanged
from tests.support.sql_connector import SqlConnector, attempt, create, opened, replace, user
from tests.support.sql_tables import connected, sqlite_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.containers import PostgreSqlServer

TWINS = """
CREATE TABLE odd (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
INSERT INTO odd (name, city) VALUES ('twin', 'a'), ('twin', 'b'), ('one', 'c');
"""


def code(outcome: Outcome) -> str:
    assert isinstance(outcome, Rejected), outcome
    return outcome.failure.code


@pytest.fixture
def twins(sqlite_file: Path) -> Iterator[SqlConnector]:
    settings: dict[str, Any] = sqlite_settings(sqlite_file, markers="create")
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.executescript(TWINS)
    settings["object_types"] = {"user": {"table": "odd", "name": "name"}}
    with opened(settings) as connector:
        yield connector


def test_two_rows_of_one_name_are_ambiguous_and_stay_as_they_are(twins: SqlConnector):
    before = twins.found("user")
    good = replace(user("one"), "city", "new")
    bad = [
        replace(user("twin"), "city", "x"),
        attempt(user("twin"), Delete()),
        attempt(user("twin"), Rename(Name("y"))),
    ]
    applied, *refused = twins.send(good, *bad)
    assert isinstance(applied, Applied)
    assert [code(each) for each in refused] == ["ambiguous_object"] * 3
    assert twins.found("user")[:2] == before[:2]


def test_without_a_unique_column_a_taken_name_is_refused_all_the_same(twins: SqlConnector):
    refused, applied = twins.send(create(user("one")), create(user("two")))
    assert code(refused) == "already_exists"
    assert isinstance(refused, Rejected)
    assert refused.anchor == "3"
    assert isinstance(applied, Applied)


@pytest.mark.parametrize(
    "target", [user("nobody"), *(ObjectRef(ObjectType("user"), Anchor(each)) for each in ("99", "100"))]
)
def test_no_row_is_an_unknown_object(people: SqlConnector, target: ObjectRef):
    people.one(create(user("ann")))
    good = replace(user("ann"), "title", "x")
    first, *others, last = people.send(
        replace(target, "title", "x"), replace(target, "phone", "1"), attempt(target, Rename(Name("x"))), good
    )
    assert {code(each) for each in (first, *others)} == {"unknown_object"}
    assert isinstance(last, Applied)
    assert isinstance(people.one(attempt(target, Delete())), Unchanged)
    assert people.adapter.get(target) is None


@pytest.mark.service
def test_a_trigger_that_swallows_the_change_is_no_success(
    postgresql: SqlConnector, postgresql_server: PostgreSqlServer
):
    postgresql.send(create(user("ann")), create(user("bob")))
    with connected(postgresql_server) as other:
        other.execute("SET search_path = people")
        other.execute(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
            " IF OLD.login = 'ann' THEN RETURN NULL; END IF; RETURN NEW; END$$"
        )
        other.execute("CREATE TRIGGER swallow BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION swallow()")
    ann, bob = postgresql.send(replace(user("ann"), "title", "x"), replace(user("bob"), "title", "x"))
    assert code(ann) == "unknown_object"
    assert isinstance(bob, Applied)


@pytest.mark.service
def test_a_trigger_that_raises_refuses_one_and_not_the_others(
    postgresql: SqlConnector, postgresql_server: PostgreSqlServer
):
    with connected(postgresql_server) as other:
        other.execute("SET search_path = people")
        other.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
            " IF NEW.login = 'ann' THEN RAISE EXCEPTION 'secret %', NEW.display_name; END IF; RETURN NEW; END$$"
        )
        other.execute("CREATE TRIGGER refuse BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION refuse()")
    batch = [create(user(name), display_name=("hush",)) for name in ("x", "ann", "y", "z")]
    outcomes = postgresql.send(*batch)
    assert code(outcomes[1]) == "precondition"
    assert "hush" not in repr(outcomes)
    assert [type(each) for each in outcomes].count(Applied) == 3
