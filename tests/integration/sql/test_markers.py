"""A marker is there if and only if the operation took effect; an operation sent again is recognised by it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace as with_changes
from typing import TYPE_CHECKING, Any

import pytest

from adapters.sql import markers
from bridge.sdk import (
    Applied,
    Attempt,
    Body,
    ChangePassword,
    ConfigurationError,
    Create,
    Delete,
    Name,
    OperationKind,
    Rejected,
    Rename,
    Replay,
    Secret,
    SetPassword,
    capabilities_of,
)
from tests.support.sql_connector import SqlConnector, attempt, create, group, opened, replace, user
from tests.support.sql_tables import sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.containers import PostgreSqlServer

OLD, NEW = Secret("the old password"), Secret("the new password")


@pytest.mark.parametrize(
    "body",
    [
        Create({}),
        replace(user("x"), "title", "x").operation.body,
        Rename(Name("eve")),
        Delete(),
        SetPassword(NEW),
        ChangePassword(OLD, NEW),
    ],
    ids=lambda body: body.kind.value,
)
def test_sent_again_it_is_applied_once(people: SqlConnector, body: Body):
    target = user("new") if isinstance(body, Create) else user("ann")
    people.send(create(user("ann"), title=("t",)), create(user("bob")))
    people.one(attempt(user("ann"), SetPassword(OLD)))
    first = attempt(target, body)
    assert isinstance(people.one(first), Applied)
    after = people.found("user")
    again = people.one(with_changes(first, number=2))
    assert not isinstance(again, Rejected), again
    assert people.found("user") == after


def test_in_a_batch_only_what_is_new_takes_effect(people: SqlConnector):
    batch = [create(user(f"u{number}")) for number in range(6)]
    first = people.send(*batch[:3])
    second = people.send(*batch)
    assert all(isinstance(each, Applied) for each in second)
    assert [each.anchor for each in second[:3] if isinstance(each, Applied)] == [
        each.anchor for each in first if isinstance(each, Applied)
    ]
    assert len(people.found("user")) == 6


def test_the_same_id_of_another_caller_is_another_operation(people: SqlConnector):
    first = create(user("ann"))
    other = attempt(user("bob"), Create({}), caller="payroll")
    same_id = Attempt(with_changes(other.operation, id=first.operation.id))
    people.one(first)
    assert isinstance(people.one(same_id), Applied)
    assert {each.name for each in people.found("user")} == {"ann", "bob"}


def test_what_is_refused_leaves_no_marker(people: SqlConnector):
    people.one(create(user("ann")))
    refused = [create(user("ann")), replace(user("nobody"), "title", "x"), create(group("g"), member=(user("nobody"),))]
    people.send(*refused)
    assert people.adapter.applied(refused[0].operation.caller, [each.operation.id for each in refused]) == {}


def test_with_markers_every_kind_is_told_by_them_without_them_by_probing(people: SqlConnector, tmp_path: Path):
    assert set(capabilities_of(people.adapter).replay.values()) == {Replay.MARKER}
    plain = SqlConnector(sqlite_settings(tmp_path / "plain.db"))
    assert capabilities_of(plain.adapter).replay == dict.fromkeys(OperationKind, Replay.PROBE)


def test_old_markers_are_deleted_at_opening(sqlite_file: Path):
    settings: dict[str, Any] = sqlite_settings(sqlite_file, markers="create", keep_markers_days=10)
    with opened(settings) as connector:
        kept = create(user("ann"))
        connector.one(kept)
    with closing(sqlite3.connect(sqlite_file)) as connection:
        rows = [(f"old {number}", "hr", 1_000_000, "1") for number in range(2_500)]
        connection.executemany("INSERT INTO ecma_bridge_applied VALUES (?, ?, ?, ?)", rows)
        connection.commit()
    with opened(settings) as connector:
        assert set(connector.adapter.applied(kept.operation.caller, [kept.operation.id])) == {kept.operation.id}
    with closing(sqlite3.connect(sqlite_file)) as connection:
        assert connection.execute("SELECT count(*) FROM ecma_bridge_applied").fetchone() == (1,)


def test_a_table_that_shall_be_there_and_is_not_is_a_fault_of_the_configuration(sqlite_file: Path):
    with pytest.raises(ConfigurationError, match=markers.NAME), opened(sqlite_settings(sqlite_file, markers="use")):
        pass


def test_a_table_of_that_name_with_other_columns_is_refused(sqlite_file: Path):
    settings = sqlite_settings(sqlite_file, markers="create")
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.execute("CREATE TABLE ecma_bridge_applied (operation_id TEXT PRIMARY KEY)")
    with pytest.raises(ConfigurationError, match="lacks the columns caller, applied_at, anchor"), opened(settings):
        pass


@pytest.mark.service
def test_workers_that_open_at_once_make_one_table(postgresql_server: PostgreSqlServer, settings: dict[str, Any]):
    workers = [SqlConnector(settings, postgresql_server.password) for _ in range(4)]
    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(lambda worker: worker.adapter.open(), workers))
        batches = [[create(user(f"u{worker}_{number}")) for number in range(20)] for worker in range(len(workers))]
        outcomes = list(pool.map(lambda worker, batch: worker.send(*batch), workers, batches))
        list(pool.map(lambda worker: worker.adapter.close(), workers))
    assert all(isinstance(each, Applied) for outcome in outcomes for each in outcome)
