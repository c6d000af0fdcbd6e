"""The live catalogue: the only place that names of tables and columns come from.

`binding.py` asks it for the tables that the configuration names. A name that the database does not have is refused,
with the nearest names that it has; so no text of ours or of a caller ever becomes an identifier.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.sql.dialect import Dialect
from adapters.sql.errors import scrubbed
from bridge.sdk import ConfigurationError

UniqueKeys = frozenset[frozenset[str]]


@dataclass(frozen=True, slots=True)
class CatalogueTable:
    """A table as the catalogue has it: `unique` are the sets of columns that identify a row, the primary key too.

    `constraints` tells the columns of a named constraint, for errors that name no column. Of a view the catalogue
    knows neither.
    """

    table: sa.Table
    unique: UniqueKeys
    constraints: Mapping[str, tuple[str, ...]]
    is_view: bool

    def column(self, name: str, where: str) -> sa.Column[object]:
        """The column of that name; ConfigurationError naming `where` in the configuration if there is none."""
        found = self.table.columns.get(name)
        if found is None:
            raise _unknown(where, f"table {self.table.name!r} has no column", name, self.table.columns.keys())
        return found

    def is_unique(self, columns: Iterable[str]) -> bool:
        wanted = frozenset(columns)
        return any(key <= wanted for key in self.unique)


class Catalogue:
    """Reads tables once each. The dialect replaces column types for which its engine needs another one."""

    def __init__(self, connection: sa.Connection, dialect: Dialect) -> None:
        with scrubbed():
            self._inspector = sa.inspect(connection)
        self.connection = connection
        self.dialect = dialect
        self._tables: dict[tuple[str | None, str], CatalogueTable] = {}

    def table(self, name: str, schema: str | None, where: str) -> CatalogueTable:
        """The table or view of that name; ConfigurationError naming `where` in the configuration if there is none."""
        key = (schema, name)
        if key not in self._tables:
            with scrubbed():
                self._tables[key] = self._read(name, schema, where)
        return self._tables[key]

    def _read(self, name: str, schema: str | None, where: str) -> CatalogueTable:
        inspector = self._inspector
        schemas = inspector.get_schema_names()
        if schema is not None and schema not in schemas:
            raise _unknown(where, "the database has no schema", schema, schemas)
        views = inspector.get_view_names(schema)
        names = [*inspector.get_table_names(schema), *views]
        if name not in names:
            raise _unknown(where, "the database has no table", name, names)
        table = sa.Table(name, sa.MetaData(), schema=schema)
        inspector.reflect_table(table, None, resolve_fks=False)
        self.dialect.check_table(table, where)
        for column in table.columns:
            # The catalogue's own type stays known for the schema; the other one is what values are bound as.
            column.info["catalogue_type"] = column.type
            column.type = self.dialect.stored_as(column.type)
        keys = list(_unique_keys(inspector, name, schema))
        if table.primary_key.columns:
            primary = table.primary_key
            keys.append((str(primary.name or ""), tuple(column.name for column in primary)))
        unique = frozenset(frozenset(columns) for _, columns in keys)
        return CatalogueTable(table, unique, dict(keys), is_view=name in views)


def _unique_keys(inspector: sa.Inspector, name: str, schema: str | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Constraint and columns; SQLite tells no name for a constraint that was given none.

    There SQLAlchemy reads constraints from the text of CREATE TABLE and misses some; their indexes tell them all.
    """
    for each in inspector.get_unique_constraints(name, schema):
        yield str(each["name"] or ""), tuple(each["column_names"])
    for index in inspector.get_indexes(name, schema, include_auto_indexes=True):
        columns = tuple(column for column in index["column_names"] if column is not None)
        partial = any(option.endswith("_where") for option in index.get("dialect_options", {}))
        if index["unique"] and not partial and len(columns) == len(index["column_names"]):
            yield str(index["name"]), columns


def _unknown(where: str, what: str, name: str, known: Iterable[str]) -> ConfigurationError:
    nearest = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    hint = f"; the nearest are {', '.join(map(repr, nearest))}" if nearest else ""
    return ConfigurationError(f"{where}: {what} {name!r}{hint}")
