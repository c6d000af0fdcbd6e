"""The SQL adapter keeps the contract on PostgreSQL, with markers and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.sql import ADAPTER
from bridge.sdk import Secret
from bridge.sdk.testing.contract import Connector, contract_suite
from tests.contract.sql_samples import SAMPLE
from tests.support.sql_tables import postgresql_schema, postgresql_settings
from tests.support.tcp_proxy import TcpProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.containers import PostgreSqlServer

pytestmark = pytest.mark.service
SCHEMA = "contract"


@pytest.fixture(scope="module")
def tables(postgresql_server: PostgreSqlServer) -> Iterator[PostgreSqlServer]:
    with postgresql_schema(postgresql_server, SCHEMA):
        yield postgresql_server


@pytest.fixture
def proxy(tables: PostgreSqlServer) -> Iterator[TcpProxy]:
    with TcpProxy(tables.host, tables.port) as proxy:
        yield proxy


def connector(server: PostgreSqlServer, **more: Any) -> Connector:
    return Connector(postgresql_settings(server, SCHEMA, **more), lambda _: Secret(server.password))


@pytest.fixture
def postgresql_plain(tables: PostgreSqlServer, proxy: TcpProxy) -> Connector:
    url = f"postgresql+psycopg://{tables.user}@127.0.0.1:{proxy.port}/{tables.database}"
    return connector(tables, url=url)


@pytest.fixture
def postgresql_marked(tables: PostgreSqlServer) -> Connector:
    return connector(tables, markers="create")


@pytest.fixture
def break_postgresql(proxy: TcpProxy) -> Callable[[], None]:
    return proxy.drop


@pytest.fixture
def postgresql_absent(postgresql_plain: Connector, proxy: TcpProxy) -> Connector:
    proxy.close()
    return postgresql_plain


TestPlain = contract_suite(
    spec=ADAPTER,
    connector="postgresql_plain",
    sample=SAMPLE,
    unreachable="postgresql_absent",
    break_target="break_postgresql",
)
TestMarked = contract_suite(spec=ADAPTER, connector="postgresql_marked", sample=SAMPLE)
