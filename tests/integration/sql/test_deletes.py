"""A deleted object takes its rows in child and link tables along, as configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.sdk import Applied, Deferred, Delete
from tests.support.sql_connector import SqlConnector, attempt, create, group, opened, user
from tests.support.sql_tables import sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_phones_and_memberships_go_with_their_object(people: SqlConnector):
    people.send(create(user("ann"), phone=("1", "2")), create(user("bob"), phone=("1",)))
    people.send(create(group("g"), member=(user("ann"), user("bob"))), create(group("h"), member=(user("ann"),)))
    assert isinstance(people.one(attempt(user("ann"), Delete())), Applied)
    (bob,) = people.found("user")
    assert bob.attributes["phone"] == ("1",)
    assert people.read(group("g")).attributes["member"] == (bob.ref.__class__(bob.object_type, bob.anchor),)
    assert "member" not in people.read(group("h")).attributes
    assert isinstance(people.one(attempt(group("g"), Delete())), Applied)
    assert [each.name for each in people.found("group")] == ["h"]


def test_rows_that_are_left_hold_the_delete_back(sqlite_file: Path):
    settings: dict[str, Any] = sqlite_settings(sqlite_file)
    settings["object_types"]["group"]["attributes"]["member"]["on_delete"] = "leave"
    with opened(settings) as connector:
        connector.one(create(user("ann"), phone=("1",)))
        connector.send(create(user("bob")), create(group("g"), member=(user("ann"),)))
        held, gone = connector.send(attempt(user("ann"), Delete()), attempt(user("bob"), Delete()))
        assert isinstance(held, Deferred)
        assert held.failure.code == "not_ready"
        assert isinstance(gone, Applied)
        assert connector.read(user("ann")).attributes["phone"] == ("1",)


def test_a_row_of_another_table_that_refers_to_it_holds_the_delete_back(people: SqlConnector):
    people.one(create(user("boss")))
    people.one(create(user("ann"), manager=(user("boss"),)))
    held = people.one(attempt(user("boss"), Delete()))
    assert isinstance(held, Deferred)
    assert held.failure.code == "not_ready"
    assert isinstance(people.one(attempt(user("ann"), Delete())), Applied)
    assert isinstance(people.one(attempt(user("boss"), Delete())), Applied)
