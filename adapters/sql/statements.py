"""Every statement that is sent, each built once for its shape and kept: building one costs more than sending it.

Called by `writer.py`, `lookup.py` and `reader.py`. Values are bound, identifiers come from the catalogue and are
quoted by SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningInsert

from adapters.sql.change import Setting
from adapters.sql.layout import NAME_BIND, ColumnPlace, ObjectLayout, TablePlace, key_bind

StatementT = TypeVar("StatementT", bound=sa.Executable)
FilteredT = TypeVar("FilteredT", sa.Select[Any], sa.Update, sa.Delete)

VALUE_BIND = "bound_value"
WANTED_BIND = "bound_wanted"


class Statements:
    """One instance for each open connector; keys are shapes, of which a connector has few."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}

    def _keep(self, key: Hashable, build: Callable[[], StatementT]) -> StatementT:
        found: StatementT | None = self._kept.get(key)
        if found is None:
            found = self._kept[key] = build()
        return found

    def insert(self, layout: ObjectLayout, settings: tuple[Setting, ...], binds: frozenset[str]) -> sa.Insert:
        return self._keep(
            ("insert", layout.object_type, settings, binds), lambda: _insert(layout, settings, binds).inline()
        )

    def insert_returning(
        self, layout: ObjectLayout, settings: tuple[Setting, ...], binds: frozenset[str]
    ) -> ReturningInsert[Any]:
        """Returns name and anchor, of which the database makes a part."""
        return self._keep(
            ("insert returning", layout.object_type, settings, binds),
            lambda: _insert(layout, settings, binds).returning(layout.name.column, *layout.anchor.columns),
        )

    def update(self, layout: ObjectLayout, settings: tuple[Setting, ...]) -> sa.Update:
        return self._keep(("update", layout.object_type, settings), lambda: _update(layout, settings))

    def set_column(self, layout: ObjectLayout, column: sa.Column[Any], bind: str) -> sa.Update:
        """Set one column of an object: its name, its password's hash."""
        return self._keep(
            ("set", layout.object_type, bind),
            lambda: _of_key(sa.update(layout.table.table), layout.anchor.columns).values({column: sa.bindparam(bind)}),
        )

    def delete(self, layout: ObjectLayout) -> sa.Delete:
        return self._keep(
            ("delete", layout.object_type),
            lambda: _of_key(sa.delete(layout.table.table), layout.anchor.columns),
        )

    def password(self, layout: ObjectLayout, column: sa.Column[Any]) -> sa.Select[Any]:
        return self._keep(("hash", layout.object_type), lambda: _of_key(sa.select(column), layout.anchor.columns))

    def current(self, layout: ObjectLayout, attributes: frozenset[str]) -> sa.Select[Any]:
        """Name and these attributes of one object, under their binds."""
        places = [layout.name, *(layout.columns[each] for each in sorted(attributes))]
        return self._keep(
            ("current", layout.object_type, attributes),
            lambda: _of_key(sa.select(*(each.column.label(each.bind) for each in places)), layout.anchor.columns),
        )

    def insert_rows(self, place: TablePlace) -> sa.Insert:
        """Values of a new object, which has none yet."""
        return self._keep(("rows", place.table, place.column), lambda: _insert_rows(place))

    def add_rows(self, place: TablePlace) -> sa.Insert:
        """Values that may be there already."""
        return self._keep(("add", place.table, place.column), lambda: _add_rows(place))

    def remove_rows(self, place: TablePlace) -> sa.Delete:
        return self._keep(
            ("remove", place.table, place.column),
            lambda: _of_key(sa.delete(place.table), place.owner).where(place.column == sa.bindparam(VALUE_BIND)),
        )

    def remove_all_rows(self, place: TablePlace) -> sa.Delete:
        """All values of an object that goes."""
        return self._keep(
            ("remove all", place.table, place.owner), lambda: _of_key(sa.delete(place.table), place.owner)
        )

    def remove_references(self, place: TablePlace) -> sa.Delete:
        """All rows of a link table that refer to an object that goes."""
        return self._keep(
            ("forget", place.table, place.column), lambda: _of_key(sa.delete(place.table), (place.column,))
        )

    def rows_of(self, place: TablePlace) -> sa.Select[Any]:
        """Owner's key and value of the rows of several owners."""
        return self._keep(
            ("rows of", place.table, place.column),
            lambda: sa.select(*place.owner, place.column).where(among(place.owner)),
        )

    def found_by_name(self, layout: ObjectLayout) -> sa.Select[Any]:
        """Name and key of the objects with one of several names."""
        return self._keep(("by name", layout.object_type), lambda: _found(layout, (layout.name.column,)))

    def found_by_key(self, layout: ObjectLayout) -> sa.Select[Any]:
        """Name and key of the objects with one of several keys."""
        return self._keep(("by key", layout.object_type), lambda: _found(layout, layout.anchor.columns))


def among(columns: Sequence[sa.Column[Any]]) -> sa.ColumnElement[bool]:
    """One of the keys bound as a list to WANTED_BIND: of values for one column, of tuples for several."""
    wanted: sa.BindParameter[Any] = sa.bindparam(WANTED_BIND, expanding=True)
    return columns[0].in_(wanted) if len(columns) == 1 else sa.tuple_(*columns).in_(wanted)


def wanted_keys(keys: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    """The parameter that `among` binds."""
    return {WANTED_BIND: [key[0] if len(key) == 1 else key for key in keys]}


def _found(layout: ObjectLayout, by: Sequence[sa.Column[Any]]) -> sa.Select[Any]:
    return sa.select(layout.name.column.label("found_name"), *layout.anchor.columns).where(among(by))


def _of_key(statement: FilteredT, columns: Sequence[sa.Column[Any]]) -> FilteredT:
    return statement.where(*(column == sa.bindparam(key_bind(number)) for number, column in enumerate(columns)))


def _insert(layout: ObjectLayout, settings: tuple[Setting, ...], binds: frozenset[str]) -> sa.Insert:
    values: dict[sa.Column[Any], Any] = {layout.name.column: sa.bindparam(NAME_BIND)}
    for setting in settings:
        place = layout.columns[str(setting)]
        values[place.column] = sa.bindparam(place.bind)
    for column, bind in zip(layout.anchor.columns, layout.anchor_binds, strict=True):
        if bind in binds:
            values[column] = sa.bindparam(bind)
    return sa.insert(layout.table.table).values(values)


def _update(layout: ObjectLayout, settings: tuple[Setting, ...]) -> sa.Update:
    values = dict(_assignment(layout, setting) for setting in settings)
    statement = _of_key(sa.update(layout.table.table), layout.anchor.columns)
    return statement.values(values)


def _assignment(layout: ObjectLayout, setting: Setting) -> tuple[sa.Column[Any], Any]:
    if isinstance(setting, str):
        place = layout.columns[setting]
        return place.column, sa.bindparam(place.bind)
    place = layout.columns[setting.attribute]
    return place.column, _cleared(place, setting.count)


def _cleared(place: ColumnPlace, count: int) -> sa.ColumnElement[Any]:
    held = sa.or_(sa.false(), *(place.column == sa.bindparam(f"{place.bind}_{each}") for each in range(count)))
    return sa.case((held, sa.null()), else_=place.column)


def _row(place: TablePlace) -> dict[sa.Column[Any], sa.BindParameter[Any]]:
    row = {column: sa.bindparam(key_bind(number), type_=column.type) for number, column in enumerate(place.owner)}
    row[place.column] = sa.bindparam(VALUE_BIND, type_=place.column.type)
    return row


def _insert_rows(place: TablePlace) -> sa.Insert:
    return sa.insert(place.table).values(_row(place)).inline()


def _add_rows(place: TablePlace) -> sa.Insert:
    row = _row(place)
    same = sa.exists().where(*(column == bind for column, bind in row.items()))
    return sa.insert(place.table).from_select(list(row), sa.select(*row.values()).where(~same))
