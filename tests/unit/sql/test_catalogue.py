"""What identifies a row, as the catalogue of a real database tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from adapters.sql.catalogue import Catalogue, CatalogueTable
from adapters.sql.dialects import SQLite

if TYPE_CHECKING:
    from collections.abc import Iterator

DDL = (
    """
    CREATE TABLE t (
        id INTEGER PRIMARY KEY, a VARCHAR(20) NOT NULL UNIQUE, b TEXT UNIQUE, c TEXT, d TEXT, e TEXT, f TEXT,
        UNIQUE (c, d)
    )
    """,
    "CREATE UNIQUE INDEX whole ON t (e)",
    "CREATE UNIQUE INDEX partial ON t (f) WHERE f > 'm'",
    "CREATE INDEX plain ON t (c)",
)


@pytest.fixture
def table() -> Iterator[CatalogueTable]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        for statement in DDL:
            connection.exec_driver_sql(statement)
        yield Catalogue(connection, SQLite()).table("t", None, "here")
    engine.dispose()


@pytest.mark.parametrize("columns", [["id"], ["a"], ["b"], ["c", "d"], ["e"], ["a", "f"]])
def test_unique(table: CatalogueTable, columns: list[str]):
    assert table.is_unique(columns)


@pytest.mark.parametrize("columns", [["c"], ["d"], ["f"], []])
def test_not_unique(table: CatalogueTable, columns: list[str]):
    assert not table.is_unique(columns)
