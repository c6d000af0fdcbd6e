"""Delta imports from SQL databases keep the contract: by a history with triggers, and by a column of the tables."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.sql import ADAPTER
from bridge.sdk import Secret
from bridge.sdk.testing.contract import Connector, contract_suite
from tests.contract.sql_samples import SAMPLE
from tests.support import sql_changes, sql_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge.sdk.testing.contract import SampleObjects
    from tests.support.containers import MariaDbServer, PostgreSqlServer


@pytest.fixture
def sqlite_history(tmp_path: Path) -> Connector:
    settings = sql_tables.sqlite_settings(tmp_path / "target.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "target.db")) as connection:
        connection.executescript(sql_changes.sqlite_history())
    return Connector(sql_changes.by_history(settings))


@pytest.fixture
def postgresql_history(postgresql_server: PostgreSqlServer) -> Iterator[Connector]:
    name = f"history_{uuid.uuid4().hex}"
    tables = sql_tables.POSTGRESQL + sql_changes.postgresql_history()
    with sql_tables.postgresql_schema(postgresql_server, name, tables):
        settings = sql_changes.by_history(sql_tables.postgresql_settings(postgresql_server, name))
        yield Connector(settings, lambda _: Secret(postgresql_server.password))


@pytest.fixture
def postgresql_moments(postgresql_server: PostgreSqlServer) -> Iterator[Connector]:
    name = f"moments_{uuid.uuid4().hex}"
    tables = sql_tables.POSTGRESQL + sql_changes.postgresql_moments()
    with sql_tables.postgresql_schema(postgresql_server, name, tables):
        settings = sql_changes.by_moment(sql_tables.postgresql_settings(postgresql_server, name))
        yield Connector(settings, lambda _: Secret(postgresql_server.password))


@pytest.fixture
def mariadb_history(mariadb_server: MariaDbServer) -> Iterator[Connector]:
    name = f"history_{uuid.uuid4().hex}"
    tables = sql_tables.MARIADB + sql_changes.mariadb_history()
    with sql_tables.mariadb_database(mariadb_server, name, tables):
        settings = sql_changes.by_history(sql_tables.mariadb_settings(mariadb_server, name))
        yield Connector(settings, lambda _: Secret(mariadb_server.password))


def _of_changes(connector: str, sample: SampleObjects) -> type:
    """The part of the contract that the source has to do with."""
    suite = contract_suite(spec=ADAPTER, connector=connector, sample=sample)
    return type("Contract", (), {name: test for name, test in vars(suite).items() if name.startswith("TestChanges")})


TestSqliteHistory = _of_changes("sqlite_history", SAMPLE)
TestPostgresqlHistory = _of_changes("postgresql_history", SAMPLE)
TestPostgresqlMoments = _of_changes("postgresql_moments", replace(SAMPLE, deletes_unseen=True))
TestMariadbHistory = _of_changes("mariadb_history", SAMPLE)
