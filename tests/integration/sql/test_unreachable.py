"""A database that is not reached is told with host, port and reason, and without the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.sdk import ConnectionFailedError
from tests.support.silent_port import closed_port, silent_port
from tests.support.sql_connector import opened
from tests.support.sql_tables import PASSWORD_REFERENCE, object_types

if TYPE_CHECKING:
    from tests.support.containers import PostgreSqlServer

HUSH = "hush-hush"
DRIVERS = ("postgresql+psycopg", "mariadb+pymysql")


def failure(url: str) -> str:
    settings = {
        "url": url,
        "password": PASSWORD_REFERENCE,
        "object_types": object_types(),
        "connect_timeout_seconds": 2,
    }
    with pytest.raises(ConnectionFailedError) as raised, opened(settings, HUSH):
        pass
    assert HUSH not in raised.value.message
    return raised.value.message


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_port_that_refuses(driver: str):
    port = closed_port()
    told = failure(f"{driver}://bridge@127.0.0.1:{port}/people")
    assert told.startswith(f"127.0.0.1:{port}: the database was not reached: the connection was refused")


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_name_that_does_not_exist(driver: str):
    told = failure(f"{driver}://bridge@nowhere.invalid/people")
    assert told.startswith("nowhere.invalid:")
    assert "its name is not resolved" in told


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_server_that_is_silent(driver: str):
    with silent_port() as port:
        told = failure(f"{driver}://bridge@127.0.0.1:{port}/people")
    assert told.startswith(f"127.0.0.1:{port}: ")
    assert "timed out" in told


@pytest.mark.service
def test_a_server_without_tls_where_tls_is_asked_for(postgresql_server: PostgreSqlServer):
    server = postgresql_server
    url = f"postgresql+psycopg://{server.user}@{server.host}:{server.port}/{server.database}"
    told = failure(f"{url}?sslmode=verify-full&sslrootcert=system")
    assert told == f"{server.host}:{server.port}: the database was not reached: it offers no TLS"
