"""The SQL adapter keeps the contract on MariaDB, with markers and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.sql import ADAPTER
from bridge.sdk import Secret
from bridge.sdk.testing.contract import Connector, contract_suite
from tests.contract.sql_samples import SAMPLE
from tests.support.sql_tables import mariadb_database, mariadb_settings
from tests.support.tcp_proxy import TcpProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.containers import MariaDbServer

pytestmark = pytest.mark.service
DATABASE = "contract"


@pytest.fixture(scope="module")
def tables(mariadb_server: MariaDbServer) -> Iterator[MariaDbServer]:
    with mariadb_database(mariadb_server, DATABASE):
        yield mariadb_server


@pytest.fixture
def proxy(tables: MariaDbServer) -> Iterator[TcpProxy]:
    with TcpProxy(tables.host, tables.port) as proxy:
        yield proxy


def connector(server: MariaDbServer, **more: Any) -> Connector:
    return Connector(mariadb_settings(server, DATABASE, **more), lambda _: Secret(server.password))


@pytest.fixture
def mariadb_plain(tables: MariaDbServer, proxy: TcpProxy) -> Connector:
    url = f"mariadb+pymysql://{tables.user}@127.0.0.1:{proxy.port}/{DATABASE}"
    return connector(tables, url=url)


@pytest.fixture
def mariadb_marked(tables: MariaDbServer) -> Connector:
    return connector(tables, markers="create")


@pytest.fixture
def break_mariadb(proxy: TcpProxy) -> Callable[[], None]:
    return proxy.drop


@pytest.fixture
def mariadb_absent(mariadb_plain: Connector, proxy: TcpProxy) -> Connector:
    proxy.close()
    return mariadb_plain


TestPlain = contract_suite(
    spec=ADAPTER,
    connector="mariadb_plain",
    sample=SAMPLE,
    unreachable="mariadb_absent",
    break_target="break_mariadb",
)
TestMarked = contract_suite(spec=ADAPTER, connector="mariadb_marked", sample=SAMPLE)
