"""Where MariaDB differs: strictness, engines, deadlocks that undo everything, types, keys that are not returned."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import (
    Anchor,
    Applied,
    BadCredentialsError,
    BridgeError,
    ConfigurationError,
    Deferred,
    ObjectRef,
    ObjectType,
    Rejected,
    Uncertain,
    Value,
    Values,
)
from tests.support.sql_connector import SqlConnector, create, opened, replace, user
from tests.support.sql_tables import mariadb_connected, mariadb_database, mariadb_settings
from tests.support.tcp_proxy import Cut, TcpProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.containers import MariaDbServer

pytestmark = pytest.mark.service
DATABASE = "people"


@pytest.fixture
def settings(mariadb_server: MariaDbServer) -> Iterator[dict[str, Any]]:
    with mariadb_database(mariadb_server, DATABASE):
        yield mariadb_settings(mariadb_server, DATABASE, markers="create")


def odd(server: MariaDbServer, settings: dict[str, Any], ddl: str) -> dict[str, Any]:
    with mariadb_connected(server) as other:
        other.execute(f"USE {DATABASE}")
        other.execute(ddl)
    return {**settings, "object_types": {"user": {"table": "odd", "name": "name"}}}


def test_a_deadlock_undoes_the_whole_and_is_tried_again_as_a_whole(
    mariadb: SqlConnector, mariadb_server: MariaDbServer
):
    mariadb.send(create(user("ann")), create(user("bob")))
    with mariadb_connected(mariadb_server) as other:
        other.execute(f"USE {DATABASE}")
        other.execute("BEGIN")
        # The server undoes the session that has changed less.
        other.executemany("INSERT INTO person (login) VALUES (%s)", [(f"x{number}",) for number in range(50)])
        other.execute("UPDATE person SET title = 'x' WHERE login = 'bob'")
        outcomes: list[object] = []
        writes = [replace(user("ann"), "title", "new"), replace(user("bob"), "display_name", "new")]
        thread = threading.Thread(target=lambda: outcomes.extend(mariadb.send(*writes)))
        thread.start()
        _until_blocked(mariadb_server)
        other.execute("UPDATE person SET badge = 7 WHERE login = 'ann'")
        other.execute("COMMIT")
        thread.join(timeout=30)
    assert [type(each) for each in outcomes] == [Applied, Applied]
    assert mariadb.read(user("ann")).attributes["badge"] == (7,)
    assert mariadb.read(user("ann")).attributes["title"] == ("new",)
    assert mariadb.read(user("bob")).attributes["display_name"] == ("new",)


def _until_blocked(server: MariaDbServer) -> None:
    with mariadb_connected(server) as watcher:
        while True:
            watcher.execute("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
            waiting = watcher.fetchone()
            if waiting and waiting[0]:
                return


def test_a_row_locked_for_long_defers(
    mariadb: SqlConnector, mariadb_server: MariaDbServer, settings_of_one_second: Any
):
    mariadb.one(create(user("ann")))
    with (
        mariadb_connected(mariadb_server) as other,
        opened(settings_of_one_second, mariadb_server.password) as connector,
    ):
        other.execute("BEGIN")
        other.execute(f"UPDATE {DATABASE}.person SET title = 'x' WHERE login = 'ann'")
        outcome = connector.one(replace(user("ann"), "title", "y"))
        assert isinstance(outcome, Deferred)
        assert outcome.failure.code == "throttled"
    assert "title" in mariadb.read(user("ann")).attributes


@pytest.fixture
def settings_of_one_second(mariadb_server: MariaDbServer) -> dict[str, Any]:
    return mariadb_settings(mariadb_server, DATABASE, lock_timeout_seconds=0.1)


def test_a_table_that_undoes_nothing_is_refused(mariadb_server: MariaDbServer, settings: dict[str, Any]):
    ddl = "CREATE TABLE odd (id INTEGER AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE) ENGINE=MyISAM"
    with (
        pytest.raises(ConfigurationError, match=r"object_types\.user\.table: .*MyISAM"),
        opened(odd(mariadb_server, settings, ddl), mariadb_server.password),
    ):
        pass


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("tiny", 128),
        ("positive", -1),
        ("whole", datetime(2024, 1, 1, microsecond=1, tzinfo=UTC)),
        ("tenths", datetime(2024, 1, 1, microsecond=10_000, tzinfo=UTC)),
        ("clock", "08:30:00.5"),
        ("fixed", b"123"),
    ],
)
def test_what_the_server_would_change_silently_is_refused(
    mariadb_server: MariaDbServer, settings: dict[str, Any], attribute: str, value: Value
):
    ddl = """
    CREATE TABLE odd (
        id INTEGER AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, tiny TINYINT, positive INT UNSIGNED,
        whole DATETIME, tenths TIMESTAMP(1) NULL, clock TIME, fixed BINARY(4), year YEAR, several SET('a', 'b')
    )
    """
    with opened(odd(mariadb_server, settings, ddl), mariadb_server.password) as connector:
        outcome = connector.one(create(user("ann"), **{attribute: (value,)}))
        assert isinstance(outcome, Rejected)
        assert outcome.failure.attributes == (attribute,)
        (described,) = connector.adapter.schema().object_types.values()
        assert set(described.attributes) == {"tiny", "positive", "whole", "tenths", "clock", "fixed"}


def test_the_servers_own_mode_does_not_matter(mariadb_server: MariaDbServer, settings: dict[str, Any]):
    ddl = "CREATE TABLE odd (id INTEGER AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, small TINYTEXT)"
    with mariadb_connected(mariadb_server) as other:
        other.execute("SET GLOBAL sql_mode = ''")
    try:
        with opened(odd(mariadb_server, settings, ddl), mariadb_server.password) as connector:
            outcome = connector.one(create(user("ann"), small=("x" * 300,)))
            assert isinstance(outcome, Rejected)
            assert (outcome.failure.code, outcome.failure.attributes) == ("invalid_value", ("small",))
    finally:
        with mariadb_connected(mariadb_server) as other:
            other.execute("SET GLOBAL sql_mode = DEFAULT")


def test_a_server_that_returns_no_keys_is_asked_for_them(mariadb: SqlConnector):
    # As MySQL, which is not to be had here: it has no INSERT ... RETURNING.
    session = mariadb.adapter._open
    session.client.connection.dialect.insert_returning = False
    session.client.connection.dialect.__dict__.pop("insert_executemany_returning", None)
    assert not session.client.returns_keys
    outcomes = mariadb.send(*(create(user(f"u{number}"), phone=(str(number),)) for number in range(5)))
    for number, outcome in enumerate(outcomes):
        assert isinstance(outcome, Applied)
        assert outcome.anchor == mariadb.read(user(f"u{number}")).anchor
        assert mariadb.read(user(f"u{number}")).attributes["phone"] == (str(number),)


@pytest.fixture(params=["pymysql", "pyodbc"])
def by_either_driver(request: pytest.FixtureRequest, settings: dict[str, Any]) -> dict[str, Any]:
    if request.param == "pyodbc":
        request.getfixturevalue("mariadb_odbc_driver")
    return {**settings, "url": settings["url"].replace("pymysql", request.param)}


def test_times_and_numbers_come_back_as_they_were(mariadb_server: MariaDbServer, by_either_driver: dict[str, Any]):
    ddl = """
    CREATE TABLE odd (
        id INTEGER AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, moment TIMESTAMP(6) NULL,
        local DATETIME(3), clock TIME(6), day DATE, ratio DOUBLE, tiny TINYINT UNSIGNED, raw VARBINARY(4),
        exact DECIMAL(20, 4)
    )
    """
    values: dict[str, Values] = {
        "moment": (datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC),),
        "local": (datetime(2024, 2, 29, 23, 59, 59, 123000, tzinfo=UTC),),
        "clock": ("08:30:00.000005",),
        "day": ("2024-02-29",),
        "ratio": ("0.1",),
        "tiny": (255,),
        "raw": (b"\x00\xff",),
        "exact": ("-1234567890123456.7800",),
    }
    settings = {**odd(mariadb_server, by_either_driver, ddl), "zone": "Europe/Vienna"}
    with opened(settings, mariadb_server.password) as connector:
        assert isinstance(connector.one(create(user("ann"), **values)), Applied)
        assert connector.read(user("ann")).attributes == values


def test_two_changes_of_which_one_finds_no_row(mariadb_server: MariaDbServer, by_either_driver: dict[str, Any]):
    with opened(by_either_driver, mariadb_server.password) as connector:
        (ann,) = connector.send(create(user("ann"), title=("x",)))
        assert isinstance(ann, Applied)
        assert ann.anchor is not None
        there, gone = (ObjectRef(ObjectType("user"), Anchor(each)) for each in (ann.anchor, "999999"))
        # The value that is there already: a row found, though none changed.
        same, lost = connector.send(replace(there, "title", "x"), replace(gone, "title", "x"))
        assert isinstance(same, Applied)
        assert isinstance(lost, Rejected)
        assert lost.failure.code == "unknown_object"


@pytest.mark.parametrize("how", Cut)
def test_lost_at_the_commit_the_markers_tell_the_truth(
    mariadb_server: MariaDbServer, by_either_driver: dict[str, Any], how: Cut
):
    attempt = create(user("ann"))
    with TcpProxy(mariadb_server.host, mariadb_server.port) as proxy:
        url = by_either_driver["url"].replace(str(mariadb_server.port), str(proxy.port))
        with opened({**by_either_driver, "url": url}, mariadb_server.password) as connector:
            proxy.cut_at(b"\x03COMMIT", how)
            assert isinstance(connector.one(attempt), Uncertain)
    with opened(by_either_driver, mariadb_server.password) as connector:
        assert bool(connector.adapter.applied(attempt.operation.caller, [attempt.operation.id])) == (how is Cut.AFTER)
        again = connector.one(attempt)
        assert isinstance(again, Applied)
        assert [each.anchor for each in connector.found("user")] == [again.anchor]


def test_rights_are_told_and_a_refused_login_is_one(mariadb_server: MariaDbServer, settings: dict[str, Any]):
    url = f"mariadb+pymysql://reader@{mariadb_server.host}:{mariadb_server.port}/{DATABASE}"
    with mariadb_connected(mariadb_server) as owner:
        owner.execute("CREATE USER reader IDENTIFIED BY 'reader-secret'")
        owner.execute(f"GRANT SELECT ON {DATABASE}.* TO reader")
    try:
        with opened({**settings, "url": url, "markers": "none"}, "reader-secret") as connector:
            with pytest.raises(BridgeError, match="person: the login lacks INSERT, UPDATE, DELETE"):
                connector.adapter.test()
            outcome = connector.one(create(user("ann")))
            assert isinstance(outcome, Rejected)
            assert outcome.failure.code == "permission_denied"
        with pytest.raises(BadCredentialsError), opened({**settings, "url": url}, "wrong"):
            pass
        with (
            pytest.raises(ConfigurationError),
            opened({**settings, "url": settings["url"] + "_not"}, mariadb_server.password),
        ):
            pass
    finally:
        with mariadb_connected(mariadb_server) as owner:
            owner.execute("DROP USER reader")
