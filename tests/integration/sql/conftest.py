"""Targets of the SQL tests: a file for each test, a schema of one PostgreSQL and one MariaDB server for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.sql_connector import SqlConnector, opened
from tests.support.sql_tables import (
    mariadb_database,
    mariadb_settings,
    postgresql_schema,
    postgresql_settings,
    sqlite_settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.containers import MariaDbServer, PostgreSqlServer

SCHEMA = "people"


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "people.db"


@pytest.fixture
def sqlite(sqlite_file: Path) -> Iterator[SqlConnector]:
    with opened(sqlite_settings(sqlite_file, markers="create", lock_timeout_seconds=0.05)) as connector:
        yield connector


@pytest.fixture
def settings(postgresql_server: PostgreSqlServer) -> Iterator[dict[str, Any]]:
    """Of a connector to fresh tables on PostgreSQL."""
    with postgresql_schema(postgresql_server, SCHEMA):
        yield postgresql_settings(postgresql_server, SCHEMA, markers="create")


@pytest.fixture
def postgresql(postgresql_server: PostgreSqlServer, settings: dict[str, Any]) -> Iterator[SqlConnector]:
    with opened(settings, postgresql_server.password) as connector:
        yield connector


@pytest.fixture
def mariadb(mariadb_server: MariaDbServer) -> Iterator[SqlConnector]:
    with (
        mariadb_database(mariadb_server, SCHEMA),
        opened(mariadb_settings(mariadb_server, SCHEMA, markers="create"), mariadb_server.password) as connector,
    ):
        yield connector


@pytest.fixture(
    params=["sqlite", *(pytest.param(each, marks=pytest.mark.service) for each in ("postgresql", "mariadb"))]
)
def people(request: pytest.FixtureRequest) -> SqlConnector:
    """A connector to each engine in turn."""
    connector = request.getfixturevalue(request.param)
    assert isinstance(connector, SqlConnector)
    return connector
