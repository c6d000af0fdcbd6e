"""Tables of people, phones and groups, for each engine, and the connector settings that go with them."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
import pymysql
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.containers import MariaDbServer, PostgreSqlServer

_TABLES = """
CREATE TABLE person (
    id {key},
    login VARCHAR(200) NOT NULL UNIQUE,
    display_name VARCHAR(1000),
    title VARCHAR(20) DEFAULT 'none',
    email VARCHAR(100) UNIQUE,
    badge BIGINT,
    active BOOLEAN,
    status VARCHAR(1) DEFAULT 'A',
    salary NUMERIC(10, 2),
    hired DATE,
    last_seen {moment},
    seen_local TIMESTAMP,
    photo {binary},
    manager_id INTEGER REFERENCES person (id),
    pin VARCHAR(20),
    password_hash VARCHAR(128)
);
CREATE INDEX person_manager ON person (manager_id);
CREATE TABLE phone (
    person_id INTEGER NOT NULL REFERENCES person (id),
    number VARCHAR(30) NOT NULL,
    PRIMARY KEY (person_id, number)
);
CREATE TABLE "group" (
    id {key},
    name VARCHAR(200) NOT NULL UNIQUE,
    description VARCHAR(100)
);
CREATE TABLE group_member (
    group_id INTEGER NOT NULL REFERENCES "group" (id),
    user_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_member_user ON group_member (user_id);
"""

SQLITE = _TABLES.format(key="INTEGER PRIMARY KEY AUTOINCREMENT", moment="TIMESTAMP", binary="BLOB")
POSTGRESQL = _TABLES.format(
    key="INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY", moment="TIMESTAMP WITH TIME ZONE", binary="BYTEA"
)

MARIADB = (
    _TABLES.replace('"', "`")
    .format(key="INTEGER AUTO_INCREMENT PRIMARY KEY", moment="TIMESTAMP(6) NULL", binary="LONGBLOB")
    .replace("seen_local TIMESTAMP,", "seen_local DATETIME(6),")
)

PASSWORD_REFERENCE = "file:/not/read/by/tests"


def object_types(schema: str | None = None) -> dict[str, Any]:
    """The `object_types:` of a connector to these tables."""
    user: dict[str, Any] = {
        "table": "person",
        "name": "login",
        "attributes": {
            "enabled": {"column": "status", "when_true": "A", "when_false": "D"},
            "manager": {"column": "manager_id", "references": "user"},
            "pin": {"column": "pin", "sensitive": True},
            "phone": {"table": "phone", "owner": "person_id", "column": "number"},
        },
        "password": {"column": "password_hash"},
    }
    group: dict[str, Any] = {
        "table": "group",
        "name": "name",
        "attributes": {
            "member": {
                "table": "group_member",
                "owner": "group_id",
                "column": "user_id",
                "references": "user",
            }
        },
    }
    return {name: {"table_schema": schema, **each} for name, each in {"user": user, "group": group}.items()}


def sqlite_settings(file: Path, **more: Any) -> dict[str, Any]:
    """Make the tables in a new file; the settings of a connector to them."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(SQLITE)
    return {"url": f"sqlite:///{file}", "object_types": object_types(), **more}


def postgresql_settings(server: PostgreSqlServer, schema: str | None, **more: Any) -> dict[str, Any]:
    """The settings of a connector to the tables in that schema."""
    return {
        "url": f"postgresql+psycopg://{server.user}@{server.host}:{server.port}/{server.database}",
        "password": PASSWORD_REFERENCE,
        "object_types": object_types(schema),
        **more,
    }


@contextlib.contextmanager
def postgresql_schema(server: PostgreSqlServer, name: str, tables: str = POSTGRESQL) -> Iterator[None]:
    """The tables, in a schema of their own that goes away again."""
    identifier = sql.Identifier(name)
    with connected(server) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(identifier))
        connection.execute(sql.SQL("SET search_path = {}").format(identifier))
        connection.execute(tables.encode())
    try:
        yield
    finally:
        with connected(server) as connection:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(identifier))
            connection.execute("DROP TABLE IF EXISTS ecma_bridge_applied")


def mariadb_settings(server: MariaDbServer, database: str, **more: Any) -> dict[str, Any]:
    """The settings of a connector to the tables in that database."""
    return {
        "url": f"mariadb+pymysql://{server.user}@{server.host}:{server.port}/{database}",
        "password": PASSWORD_REFERENCE,
        "object_types": object_types(),
        **more,
    }


@contextlib.contextmanager
def mariadb_database(server: MariaDbServer, name: str, tables: str = MARIADB) -> Iterator[None]:
    """The tables, in a database of their own that goes away again."""
    with mariadb_connected(server) as other:
        # Compares as the bridge does: exactly, blanks at the end and all.
        other.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
        other.execute(f"USE {name}")
        for statement in tables.split(";"):
            if statement.strip():
                other.execute(statement)
    try:
        yield
    finally:
        with mariadb_connected(server) as other:
            other.execute(f"DROP DATABASE {name}")


@contextlib.contextmanager
def mariadb_connected(server: MariaDbServer) -> Iterator[pymysql.cursors.Cursor]:
    """A connection beside the adapter's, each statement committed at once."""
    with (
        pymysql.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, autocommit=True
        ) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


@contextlib.contextmanager
def connected(server: PostgreSqlServer, database: str = "") -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection beside the adapter's, each statement committed at once."""
    with psycopg.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        dbname=database or server.database,
        autocommit=True,
    ) as connection:
        yield connection
