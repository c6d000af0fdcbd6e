"""A statement that takes too long is given up by the database, and the operation deferred."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from bridge.sdk import Deferred
from tests.support.sql_connector import create, opened, user
from tests.support.sql_tables import (
    connected,
    mariadb_connected,
    mariadb_database,
    mariadb_settings,
    postgresql_schema,
    postgresql_settings,
)

if TYPE_CHECKING:
    from tests.support.containers import MariaDbServer, PostgreSqlServer

pytestmark = pytest.mark.service
TRIGGER = "CREATE TRIGGER slow BEFORE INSERT ON person FOR EACH ROW "


def test_by_postgresql(postgresql_server: PostgreSqlServer):
    with postgresql_schema(postgresql_server, "slow"):
        with connected(postgresql_server) as owner:
            owner.execute("SET search_path = slow")
            owner.execute("CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); END'")
            owner.execute(f"{TRIGGER} EXECUTE FUNCTION nap()".encode())
        settings = postgresql_settings(postgresql_server, "slow", statement_timeout_seconds=0.1)
        with opened(settings, postgresql_server.password) as connector:
            started = time.monotonic()
            outcome = connector.one(create(user("ann")))
            assert time.monotonic() - started < 10
    assert isinstance(outcome, Deferred)
    assert outcome.failure.code == "throttled"


def test_by_mariadb(mariadb_server: MariaDbServer):
    with mariadb_database(mariadb_server, "slow"):
        with mariadb_connected(mariadb_server) as owner:
            owner.execute("USE slow")
            owner.execute(f"{TRIGGER} SET NEW.badge = SLEEP(60)")
        settings = mariadb_settings(mariadb_server, "slow", statement_timeout_seconds=0.1)
        with opened(settings, mariadb_server.password) as connector:
            started = time.monotonic()
            outcome = connector.one(create(user("ann")))
            assert time.monotonic() - started < 10
    assert isinstance(outcome, Deferred)
    assert outcome.failure.code == "throttled"
