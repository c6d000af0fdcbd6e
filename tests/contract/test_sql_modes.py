"""The SQL adapter keeps the contract where its operations are statements, or procedures, on each engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.sql import ADAPTER
from bridge.sdk import Secret
from bridge.sdk.testing.contract import Connector, contract_suite
from tests.contract.sql_samples import SAMPLE
from tests.support.sql_modes import mariadb_procedures, postgresql_procedures, with_procedures, with_statements
from tests.support.sql_tables import mariadb_settings, postgresql_settings, sqlite_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.containers import MariaDbServer, PostgreSqlServer

SCHEMA = "contract_modes"

TAKEN = ("display_name", "email", "manager", "phone")
"""What the procedures take, and what is a table of its own."""

CALLED = replace(
    SAMPLE,
    values={name: values for name, values in SAMPLE.values.items() if name in TAKEN},
    illegal={name: values for name, values in SAMPLE.illegal.items() if name in TAKEN},
    ordered=None,
    bad_password=Secret("short"),
)


@pytest.fixture
def sqlite_statements(tmp_path: Path) -> Connector:
    return Connector(with_statements(sqlite_settings(tmp_path / "target.db", markers="create")))


@pytest.fixture(scope="module")
def postgresql(postgresql_server: PostgreSqlServer) -> Iterator[PostgreSqlServer]:
    with postgresql_procedures(postgresql_server, SCHEMA):
        yield postgresql_server


@pytest.fixture
def postgresql_statements(postgresql: PostgreSqlServer) -> Connector:
    settings = postgresql_settings(postgresql, SCHEMA, markers="create")
    return Connector(with_statements(settings, SCHEMA), lambda _: Secret(postgresql.password))


@pytest.fixture
def postgresql_calls(postgresql: PostgreSqlServer) -> Connector:
    settings = postgresql_settings(postgresql, SCHEMA, markers="create")
    return Connector(with_procedures(settings, SCHEMA), lambda _: Secret(postgresql.password))


@pytest.fixture(scope="module")
def mariadb(mariadb_server: MariaDbServer) -> Iterator[MariaDbServer]:
    with mariadb_procedures(mariadb_server, SCHEMA):
        yield mariadb_server


@pytest.fixture
def mariadb_statements(mariadb: MariaDbServer) -> Connector:
    settings = mariadb_settings(mariadb, SCHEMA, markers="create")
    return Connector(with_statements(settings), lambda _: Secret(mariadb.password))


@pytest.fixture
def mariadb_calls(mariadb: MariaDbServer) -> Connector:
    settings = mariadb_settings(mariadb, SCHEMA)
    return Connector(with_procedures(settings), lambda _: Secret(mariadb.password))


TestSqlite = contract_suite(spec=ADAPTER, connector="sqlite_statements", sample=SAMPLE)


@pytest.mark.service
class TestServers:
    TestPostgresqlStatements = contract_suite(spec=ADAPTER, connector="postgresql_statements", sample=SAMPLE)
    TestPostgresqlCalls = contract_suite(spec=ADAPTER, connector="postgresql_calls", sample=CALLED)
    TestMariadbStatements = contract_suite(spec=ADAPTER, connector="mariadb_statements", sample=SAMPLE)
    TestMariadbCalls = contract_suite(spec=ADAPTER, connector="mariadb_calls", sample=CALLED)
