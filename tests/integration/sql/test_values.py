"""What a column cannot hold as it was given is refused before it is sent; what it can comes back the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import Applied, AttributeDelta, AttributeType, DeltaKind, Rejected, Secret, Update, Value
from tests.support.sql_connector import SqlConnector, attempt, change, create, opened, replace, user
from tests.support.sql_tables import sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_empty_text_and_no_value_are_kept_apart(people: SqlConnector):
    people.send(create(user("empty"), display_name=("",)), create(user("none"), display_name=()))
    assert people.read(user("empty")).attributes["display_name"] == ("",)
    assert "display_name" not in people.read(user("none")).attributes
    people.send(replace(user("empty"), "display_name"), replace(user("none"), "display_name", ""))
    assert "display_name" not in people.read(user("empty")).attributes
    assert people.read(user("none")).attributes["display_name"] == ("",)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("title", "x" * 21),
        ("title", "nul\0"),
        ("title", "half \ud800"),
        ("title", 7),
        ("badge", 2**63),
        ("badge", "7"),
        ("active", "true"),
        ("enabled", 1),
        ("salary", "1.005"),
        ("salary", "123456789.00"),
        ("salary", "1e3"),
        ("hired", "2023-02-29"),
        ("photo", "text"),
        ("manager", "ann"),
        ("no_such", "x"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_attribute(people: SqlConnector, attribute: str, value: Value):
    outcome = people.one(create(user("ann"), **{attribute: (value,)}))
    assert isinstance(outcome, Rejected)
    assert outcome.failure.code == "invalid_value"
    assert outcome.failure.attributes == (attribute,)
    assert str(value) not in outcome.failure.message or len(str(value)) < 4
    assert people.found("user") == []


def test_characters_are_counted_not_bytes(people: SqlConnector):
    assert isinstance(people.one(create(user("ann"), title=("ü" * 20,))), Applied)
    assert people.read(user("ann")).attributes["title"] == ("ü" * 20,)


def test_a_long_name_is_refused(people: SqlConnector):
    outcome = people.one(create(user("x" * 201)))
    assert isinstance(outcome, Rejected)
    assert outcome.failure.attributes == ("name",)


def test_removing_a_value_clears_the_column_only_if_it_holds_it(people: SqlConnector):
    people.one(create(user("ann"), title=("boss",)))
    assert isinstance(people.one(change(user("ann"), "title", DeltaKind.REMOVE, "clerk")), Applied)
    assert people.read(user("ann")).attributes["title"] == ("boss",)
    assert isinstance(people.one(change(user("ann"), "title", DeltaKind.REMOVE, "clerk", "boss")), Applied)
    assert "title" not in people.read(user("ann")).attributes


def test_to_add_or_remove_nothing_changes_nothing(people: SqlConnector):
    people.one(create(user("ann"), title=("boss",), phone=("1",)))
    for kind in (DeltaKind.ADD, DeltaKind.REMOVE):
        for attribute in ("title", "phone"):
            assert isinstance(people.one(change(user("ann"), attribute, kind)), Applied)
    assert people.read(user("ann")).attributes["title"] == ("boss",)
    assert people.read(user("ann")).attributes["phone"] == ("1",)


def test_deltas_of_one_update_take_effect_in_their_order(people: SqlConnector):
    people.one(create(user("ann"), phone=("1", "2")))
    deltas = (
        AttributeDelta("phone", DeltaKind.REMOVE, ("1",)),
        AttributeDelta("phone", DeltaKind.ADD, ("3", "1")),
        AttributeDelta("phone", DeltaKind.REMOVE, ("3",)),
    )
    assert isinstance(people.one(attempt(user("ann"), Update(deltas))), Applied)
    assert set(people.read(user("ann")).attributes["phone"]) == {"1", "2"}


def test_a_sensitive_attribute_is_written_and_never_read(people: SqlConnector):
    people.one(create(user("ann"), pin=(Secret("4711"),)))
    assert "pin" not in people.read(user("ann")).attributes
    assert people.adapter.schema().object_types[user("x").object_type].attributes["pin"].sensitive


def odd_table(file: Path, ddl: str, **more: Any) -> dict[str, Any]:
    settings = sqlite_settings(file, **more)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(ddl)
    settings["object_types"] = {"user": {"table": "odd", "name": "name"}}
    return settings


def test_a_column_with_a_default_may_be_left_out_and_not_emptied(sqlite_file: Path):
    ddl = """
    CREATE TABLE odd (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, a TEXT NOT NULL DEFAULT 'd', b TEXT NOT NULL
    )
    """
    with opened(odd_table(sqlite_file, ddl)) as connector:
        assert isinstance(connector.one(create(user("ann"), b=("b",))), Applied)
        assert connector.read(user("ann")).attributes["a"] == ("d",)
        for refused, attribute in [
            (create(user("bob")), "b"),
            (create(user("bob"), b=()), "b"),
            (replace(user("ann"), "a"), "a"),
            (change(user("ann"), "b", DeltaKind.REMOVE, "b"), "b"),
        ]:
            outcome = connector.one(refused)
            assert isinstance(outcome, Rejected)
            assert (outcome.failure.code, outcome.failure.attributes) == ("invalid_value", (attribute,))


def test_columns_without_zone_hold_the_time_of_the_configured_zone(sqlite_file: Path):
    settings = sqlite_settings(sqlite_file, zone="Europe/Vienna")
    moment = datetime(2024, 7, 1, 10, 0, tzinfo=UTC)
    with opened(settings) as connector:
        connector.one(create(user("ann"), seen_local=(moment,)))
        assert connector.read(user("ann")).attributes["seen_local"] == (moment,)
        twice = connector.one(create(user("bob"), seen_local=(datetime(2024, 10, 27, 1, 30, tzinfo=UTC),)))
        assert isinstance(twice, Rejected)
        assert twice.failure.attributes == ("seen_local",)
    with closing(sqlite3.connect(sqlite_file)) as connection:
        assert connection.execute("SELECT seen_local FROM person").fetchone() == ("2024-07-01 12:00:00",)


def test_types_that_are_not_offered_are_left_out(sqlite_file: Path):
    ddl = "CREATE TABLE odd (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, doc JSON, x REAL)"
    with opened(odd_table(sqlite_file, ddl)) as connector:
        (described,) = connector.adapter.schema().object_types.values()
        assert {name: each.type for name, each in described.attributes.items()} == {"x": AttributeType.STRING}
