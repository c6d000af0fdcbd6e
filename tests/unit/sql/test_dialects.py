"""What is told to each engine's driver."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.sql.config import SqlConfig
from adapters.sql.dialect import Dialect
from adapters.sql.dialects import PostgreSQL, SQLite, dialect_of
from adapters.sql.mariadb import MariaDB
from adapters.sql.url import DRIVERS
from bridge.sdk import ConfigurationError


def arguments(url: str) -> Any:
    config = SqlConfig.model_validate({"url": url, "object_types": {"user": {"table": "t", "name": "n"}}})
    made = sa.make_url(url)
    return dialect_of(made).connect_arguments(config, made)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bridge@db.example.org/hr",
        "postgresql://bridge@127.example.org/hr",
        "postgresql://bridge@/hr?host=localhost:1,db.example.org:2",
        "postgresql://bridge@/hr?host=localhost&host=db.example.org",
    ],
)
def test_a_server_elsewhere_must_prove_who_it_is(url: str):
    assert arguments(url)["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://bridge@db.example.org/hr?sslmode=verify-ca",
        "postgresql://bridge@localhost/hr",
        "postgresql://bridge@127.0.0.1:5433/hr",
        "postgresql://bridge@[::1]/hr",
        "postgresql://bridge@/hr",
        "postgresql://bridge@/hr?host=/run/postgresql",
    ],
)
def test_the_url_decides_itself_and_this_machine_is_trusted(url: str):
    assert "sslmode" not in arguments(url)


@pytest.mark.parametrize("url", ["mariadb://bridge@db.example.org/hr", "mysql+pymysql://bridge@10.0.0.1/hr"])
def test_a_mariadb_server_elsewhere_must_prove_who_it_is(url: str):
    context = arguments(url)["ssl"]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_the_url_decides_on_the_tls_of_mariadb():
    assert "ssl" not in arguments("mariadb://bridge@localhost/hr")
    assert arguments("mariadb://bridge@db.example.org/hr?ssl_disabled=true")["ssl_disabled"] is True
    unnamed = arguments("mariadb://bridge@db.example.org/hr?ssl_check_hostname=false")["ssl"]
    assert (unnamed.check_hostname, unnamed.verify_mode) == (False, ssl.CERT_REQUIRED)
    for query in ("ssl_disabled=false", "ssl_ca=/no/such/file"):
        with pytest.raises(ConfigurationError, match="ssl"):
            arguments(f"mariadb://bridge@db.example.org/hr?{query}")


def test_the_engine_is_told_by_the_url():
    assert isinstance(dialect_of(sa.make_url("sqlite:////x.db")), SQLite)
    assert isinstance(dialect_of(sa.make_url("postgresql://host/x")), PostgreSQL)
    assert isinstance(dialect_of(sa.make_url("mariadb://host/x")), MariaDB)
    assert isinstance(dialect_of(sa.make_url("mysql+pymysql://host/x")), MariaDB)


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_that_the_configuration_may_name_has_an_engine(driver: str):
    assert isinstance(dialect_of(sa.make_url(f"{driver}://host/x")), Dialect)
