"""The SQL adapter keeps the contract on MariaDB through its ODBC driver, with markers and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.sql import ADAPTER
from bridge.sdk import Secret
from bridge.sdk.testing.contract import Connector, contract_suite
from tests.contract.sql_samples import SAMPLE
from tests.support.sql_tables import mariadb_database, mariadb_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.containers import MariaDbServer

pytestmark = pytest.mark.service
DATABASE = "contract_odbc"


@pytest.fixture(scope="module")
def tables(mariadb_server: MariaDbServer, mariadb_odbc_driver: str) -> Iterator[MariaDbServer]:
    with mariadb_database(mariadb_server, DATABASE):
        yield mariadb_server


def connector(server: MariaDbServer, port: int, **more: Any) -> Connector:
    url = f"mariadb+pyodbc://{server.user}@{server.host}:{port}/{DATABASE}"
    return Connector(mariadb_settings(server, DATABASE, url=url, **more), lambda _: Secret(server.password))


@pytest.fixture
def odbc_plain(tables: MariaDbServer) -> Connector:
    return connector(tables, tables.port)


@pytest.fixture
def odbc_marked(tables: MariaDbServer) -> Connector:
    return connector(tables, tables.port, markers="create")


@pytest.fixture
def odbc_absent(tables: MariaDbServer) -> Connector:
    return connector(tables, 1)


# What a lost connection comes to is tested in tests/integration/sql/test_mariadb.py, by either driver.
TestPlain = contract_suite(spec=ADAPTER, connector="odbc_plain", sample=SAMPLE, unreachable="odbc_absent")
TestMarked = contract_suite(spec=ADAPTER, connector="odbc_marked", sample=SAMPLE)
