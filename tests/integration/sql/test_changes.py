"""Delta imports from SQL databases: late commits, trimmed histories, what is not configured."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from adapters.sql.config import SqlConfig
from bridge.sdk import (
    Applied,
    ConfigurationError,
    Delete,
    DeletedObject,
    DeltaKind,
    TargetObject,
    UnsupportedError,
    Verb,
    Watermark,
    WatermarkExpiredError,
    capabilities_of,
)
from tests.support import sql_changes, sql_tables
from tests.support.sql_connector import attempt, change, create, group, opened, replace, user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.containers import PostgreSqlServer
    from tests.support.sql_connector import SqlConnector

COLUMN = 'ALTER TABLE person ADD COLUMN changed INTEGER; ALTER TABLE "group" ADD COLUMN changed INTEGER;'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "target.db"


@pytest.fixture
def settings(file: Path) -> dict[str, Any]:
    """Of a connector whose history is read back by no more than the last entry."""
    made = sql_tables.sqlite_settings(file)
    _script(file, sql_changes.sqlite_history())
    return sql_changes.by_history(made, overlap=0)


@pytest.fixture
def connector(settings: dict[str, Any]) -> Iterator[SqlConnector]:
    with opened(settings) as connector:
        yield connector


def test_only_what_changed_is_told(connector: SqlConnector):
    connector.send(*[create(user(f"user-{number}")) for number in range(50)])
    assert isinstance(connector.one(create(user("last"))), Applied)
    since = connector.adapter.watermark()
    assert isinstance(connector.one(replace(user("user-7"), "display_name", "new")), Applied)
    # The last entry that was seen is read again; it is how the history is known to be whole.
    assert {str(each.name) for each in _present(connector, since)} == {"user-7", "last", "first"}


def test_values_in_other_tables_are_changes_of_the_object(connector: SqlConnector):
    connector.send(create(user("ada")), create(group("staff")))
    since = connector.adapter.watermark()
    anchor = connector.read(user("ada")).ref
    assert isinstance(connector.one(change(user("ada"), "phone", DeltaKind.ADD, "1")), Applied)
    assert isinstance(connector.one(change(group("staff"), "member", DeltaKind.ADD, anchor)), Applied)
    told = {str(each.name): each for each in _present(connector, since)}
    assert told["ada"].attributes["phone"] == ("1",)
    assert told["staff"] == connector.read(group("staff"))


def test_a_transaction_that_commits_late_is_told(postgresql_server: PostgreSqlServer):
    """It took its number in the history before others did, and shows it after them."""
    name = f"late_{uuid.uuid4().hex}"
    tables = sql_tables.POSTGRESQL + sql_changes.postgresql_history()
    with (
        sql_tables.postgresql_schema(postgresql_server, name, tables),
        sql_tables.connected(postgresql_server) as slow,
        opened(
            sql_changes.by_history(sql_tables.postgresql_settings(postgresql_server, name)), postgresql_server.password
        ) as connector,
    ):
        with slow.transaction():
            slow.execute(f"INSERT INTO {name}.person (login) VALUES ('slow')".encode())
            assert isinstance(connector.one(create(user("quick"))), Applied)
            since = connector.adapter.watermark()
        assert "slow" in {str(each.name) for each in _present(connector, since)}


@pytest.mark.parametrize("trimmed", ["DELETE FROM person_history", "DELETE FROM group_history"])
def test_a_history_that_was_trimmed_beyond_the_watermark(connector: SqlConnector, file: Path, trimmed: str):
    since = connector.adapter.watermark()
    _script(file, trimmed)
    with pytest.raises(WatermarkExpiredError, match="_history"):
        _changes(connector, since)


def test_a_history_that_was_empty_cannot_tell_what_it_lost(connector: SqlConnector, file: Path):
    _script(file, "DELETE FROM person_history; DELETE FROM group_history")
    since = connector.adapter.watermark()
    assert _changes(connector, since) == []
    assert isinstance(connector.one(create(user("ada"))), Applied)
    with pytest.raises(WatermarkExpiredError, match="empty"):
        _changes(connector, since)


def test_a_watermark_of_another_database(connector: SqlConnector, settings: dict[str, Any], tmp_path: Path):
    since = connector.adapter.watermark()
    other = tmp_path / "other.db"
    sql_tables.sqlite_settings(other)
    _script(other, sql_changes.sqlite_history())
    with (
        opened({**settings, "url": f"sqlite:///{other}"}) as another,
        pytest.raises(WatermarkExpiredError, match="not of this database"),
    ):
        _changes(another, since)


@pytest.mark.parametrize("value", ["x", "-", "9" * 30, "9" * 5_000, "2026-01-01T00:00:00+00:00"])
def test_a_value_that_the_column_cannot_hold(connector: SqlConnector, value: str):
    since = connector.adapter.watermark()
    _, _, rest = since.partition('"user":"')
    with pytest.raises(WatermarkExpiredError):
        _changes(connector, Watermark(since.replace(rest.partition('"')[0], value)))


def test_a_column_of_the_table_tells_no_deletes(file: Path):
    with opened(_by_column(file)) as connector:
        numbered = [replace(user(name), "changed", number) for number, name in enumerate(("ada", "bob"), start=1)]
        connector.send(create(user("ada")), create(user("bob")))
        connector.send(*numbered)
        since = connector.adapter.watermark()
        assert isinstance(connector.one(attempt(user("ada"), Delete())), Applied)
        assert not [each for each in _changes(connector, since) if isinstance(each, DeletedObject)]
        assert isinstance(connector.one(replace(user("bob"), "changed", 3)), Applied)
        assert [str(each.name) for each in _present(connector, since)] == ["bob"]


def test_a_column_that_went_back_is_that_of_another_state(file: Path):
    with opened(_by_column(file)) as connector:
        connector.send(create(user("ada"), changed=(5,)))
        since = connector.adapter.watermark()
        assert isinstance(connector.one(replace(user("ada"), "changed", 4)), Applied)
        with pytest.raises(WatermarkExpiredError, match="restored"):
            _changes(connector, since)


def test_without_settings_no_delta_import_is_offered(file: Path):
    with opened(sql_tables.sqlite_settings(file)) as connector:
        assert Verb.CHANGES not in capabilities_of(connector.adapter).verbs
        with pytest.raises(UnsupportedError, match="changes"):
            connector.adapter.watermark()


def test_with_settings_it_is_offered(connector: SqlConnector):
    assert Verb.CHANGES in capabilities_of(connector.adapter).verbs


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"column": "numbre"}, r"changes\.column: table 'person_history' has no column 'numbre'.*'number'"),
        ({"table": "history"}, r"changes\.table: the database has no table 'history'"),
        ({"anchor": "of"}, r"changes\.anchor: table 'person_history' has no column 'of'"),
        ({"anchor": ["of_id", "number"]}, r"changes\.anchor: the object's anchor has 1 column"),
    ],
)
def test_names_that_the_database_has_not(settings: dict[str, Any], changed: dict[str, Any], words: str):
    settings["object_types"]["user"]["changes"] |= changed
    with pytest.raises(ConfigurationError, match=words), opened(settings):
        pass


def test_a_column_without_an_order(file: Path):
    settings = sql_tables.sqlite_settings(file)
    settings["object_types"]["user"]["changes"] = {"column": "display_name"}
    settings["object_types"]["group"]["changes"] = {"column": "id"}
    with pytest.raises(ConfigurationError, match="no integer and no timestamp"), opened(settings):
        pass


@pytest.mark.parametrize(
    "changes", [{"column": "x", "table": "y"}, {"column": "x", "anchor": "y"}, {"column": "x", "table_schema": "y"}]
)
def test_half_a_history_is_refused(settings: dict[str, Any], changes: dict[str, Any]):
    settings["object_types"]["user"]["changes"] = changes
    with pytest.raises(ValidationError, match=r"given together|leave it out"):
        SqlConfig.model_validate(settings)


def test_every_type_tells_its_changes_or_none(settings: dict[str, Any]):
    del settings["object_types"]["group"]["changes"]
    with pytest.raises(ValidationError, match="every object type or to none"):
        SqlConfig.model_validate(settings)


def _by_column(file: Path) -> dict[str, Any]:
    settings = sql_tables.sqlite_settings(file)
    _script(file, COLUMN)
    return sql_changes.by_moment(settings, overlap=0)


def _script(file: Path, script: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


def _changes(connector: SqlConnector, since: Watermark) -> list[TargetObject | DeletedObject]:
    return [each for page in connector.adapter.changes(since, 20) for each in page.changes]


def _present(connector: SqlConnector, since: Watermark) -> list[TargetObject]:
    return [each for each in _changes(connector, since) if isinstance(each, TargetObject)]
