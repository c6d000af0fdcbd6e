"""What another session holds: locks and deadlocks. Undone as a whole and tried again, then deferred."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import Applied, Deferred
from tests.support.sql_connector import SqlConnector, create, opened, replace, user
from tests.support.sql_tables import connected

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.containers import PostgreSqlServer


def test_a_file_locked_for_long_defers_and_works_later(sqlite: SqlConnector, sqlite_file: Path):
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        outcomes = sqlite.send(create(user("ann")), create(user("bob")))
        assert [each.failure.code for each in outcomes if isinstance(each, Deferred)] == ["throttled"] * 2
        other.execute("ROLLBACK")
    assert isinstance(sqlite.one(create(user("ann"))), Applied)


@pytest.mark.service
def test_a_deadlock_is_tried_again_as_a_whole(
    postgresql: SqlConnector, postgresql_server: PostgreSqlServer, settings: dict[str, Any]
):
    postgresql.send(create(user("ann")), create(user("bob")))
    with connected(postgresql_server) as other, opened(settings, postgresql_server.password) as connector:
        other.execute("SET search_path = people")
        other.execute("SET deadlock_timeout = '10s'")  # so that the adapter's session is the victim
        other.execute("BEGIN")
        other.execute("UPDATE person SET title = 'x' WHERE login = 'bob'")
        outcomes: list[object] = []
        writes = [replace(user("ann"), "title", "new"), replace(user("bob"), "display_name", "new")]
        thread = threading.Thread(target=lambda: outcomes.extend(connector.send(*writes)))
        thread.start()
        # Waits for ann's row, which the adapter holds while it waits for bob's.
        _until_blocked(postgresql_server)
        other.execute("UPDATE person SET badge = 7 WHERE login = 'ann'")
        other.execute("COMMIT")
        thread.join(timeout=30)
    assert all(isinstance(each, Applied) for each in outcomes), outcomes
    assert len(outcomes) == 2
    assert postgresql.read(user("ann")).attributes["badge"] == (7,)
    assert postgresql.read(user("ann")).attributes["title"] == ("new",)
    assert postgresql.read(user("bob")).attributes["display_name"] == ("new",)


def _until_blocked(server: PostgreSqlServer) -> None:
    """Returns when a session waits for a lock."""
    with connected(server) as watcher:
        while True:
            waiting = watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
            if waiting and waiting[0]:
                return


@pytest.mark.service
def test_a_row_locked_for_long_defers(
    postgresql: SqlConnector, postgresql_server: PostgreSqlServer, settings: dict[str, Any]
):
    postgresql.one(create(user("ann")))
    impatient = {**settings, "lock_timeout_seconds": 0.02}
    with connected(postgresql_server) as other, opened(impatient, postgresql_server.password) as connector:
        other.execute("BEGIN")
        other.execute("UPDATE people.person SET title = 'x' WHERE login = 'ann'")
        outcome = connector.one(replace(user("ann"), "title", "y"))
        assert isinstance(outcome, Deferred)
        assert outcome.failure.code == "throttled"


@pytest.mark.service
def test_a_constraint_checked_at_the_commit_sinks_the_bad_one_only(
    postgresql: SqlConnector, postgresql_server: PostgreSqlServer
):
    with connected(postgresql_server) as other:
        other.execute("ALTER TABLE people.person ADD CONSTRAINT one_badge UNIQUE (badge) DEFERRABLE INITIALLY DEFERRED")
    good = [create(user(f"u{number}"), badge=(number,)) for number in range(5)]
    bad = create(user("late"), badge=(3,))
    *applied, refused = postgresql.send(*good, bad)
    assert all(isinstance(each, Applied) for each in applied)
    assert not isinstance(refused, Applied)
    assert len(postgresql.found("user")) == 5
