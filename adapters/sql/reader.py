"""Reads objects: one by one, and page by page for searches and imports. Called by `adapter.py`.

A page is a short transaction of its own: the objects after the last key, then one query for each multi-valued
attribute of all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.sql.anchors import Key
from adapters.sql.chunks import chunks
from adapters.sql.client import Client, Parameters
from adapters.sql.codec import Codec
from adapters.sql.dialect import Intent
from adapters.sql.layout import ColumnPlace, Layouts, ObjectLayout, TablePlace
from adapters.sql.statements import Statements, among, wanted_keys
from adapters.sql.translate import layout_of
from adapters.sql.where import Where
from bridge.sdk import (
    AmbiguousObjectError,
    Anchor,
    InvalidValueError,
    Name,
    ObjectRef,
    ObjectType,
    Query,
    TargetObject,
    Value,
    Values,
)

ByOwner = Mapping[Key, Values]


class Reader:
    def __init__(self, client: Client, layouts: Layouts, statements: Statements) -> None:
        self._client = client
        self._layouts = layouts
        self._statements = statements

    def get(self, ref: ObjectRef) -> TargetObject | None:
        """None if there is no such row; AmbiguousObjectError if several have that name."""
        layout = layout_of(self._layouts, ref.object_type)
        if ref.anchor is not None:
            layout.anchor.check(ref.anchor, "anchor")
        key = layout.anchor.key(ref.anchor) if ref.anchor is not None else None
        if key is not None:
            pairs = zip(layout.anchor.columns, key, strict=True)
            clause = sa.and_(*(column == part for column, part in pairs))
        else:
            clause = layout.name.column == ref.name
        found = self._page(layout, self._select(layout).where(clause).limit(2))
        if len(found) > 1:
            raise AmbiguousObjectError(f"more than one row has the name of {ref}")
        return found[0] if found else None

    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        """Pages in the order of the anchor, which rows inserted or deleted meanwhile do not shift."""
        layout = layout_of(self._layouts, query.object_type)
        statement = self._select(layout).order_by(*layout.anchor.columns).limit(query.page_size)
        if query.filter is not None:
            statement = statement.where(Where(layout, self._layouts, self._client.dialect).clause(query.filter))
        page = self._page(layout, statement)
        while page:
            yield page
            if len(page) < query.page_size:
                return
            last = layout.anchor.key(page[-1].anchor)
            page = self._page(layout, statement.where(_after(layout.anchor.columns, last)))

    def read(self, layout: ObjectLayout, anchors: Sequence[Anchor]) -> Sequence[TargetObject]:
        """Those of the objects that are there."""
        keys = [key for anchor in anchors if (key := layout.anchor.key(anchor)) is not None]
        statement = self._select(layout).where(among(layout.anchor.columns))
        return [each for some in chunks(keys) for each in self._page(layout, statement, wanted_keys(some))]

    def _select(self, layout: ObjectLayout) -> sa.Select[Any]:
        places = _readable(layout)
        return sa.select(*layout.anchor.columns, layout.name.column, *(place.column for place in places))

    def _page(
        self, layout: ObjectLayout, statement: sa.Select[Any], parameters: Parameters = ()
    ) -> Sequence[TargetObject]:
        width = len(layout.anchor.columns)
        with self._client.transaction(Intent.READ):
            rows = [tuple(row) for row in self._client.rows(statement, parameters)]
            keys = [row[:width] for row in rows]
            tables = {place.attribute: self._rows_of(place, keys) for place in layout.tables.values()}
        return [_object(layout, row[:width], row[width:], tables) for row in rows]

    def _rows_of(self, place: TablePlace, keys: Sequence[Key]) -> ByOwner:
        values: defaultdict[Key, list[Value]] = defaultdict(list)
        for some in chunks(keys):
            for row in self._client.rows(self._statements.rows_of(place), wanted_keys(some)):
                decoded = None if row[-1] is None else _value(place, row[-1])
                if decoded is not None:
                    values[tuple(row[:-1])].append(decoded)
        return {key: tuple(each) for key, each in values.items()}


def _readable(layout: ObjectLayout) -> Sequence[ColumnPlace]:
    return [place for place in layout.columns.values() if not place.sensitive]


def _after(columns: Sequence[sa.Column[Any]], key: Key | None) -> sa.ColumnElement[bool]:
    if key is None:
        raise InvalidValueError("a row has a key that has no text form, so the search cannot go on after it")
    if len(columns) == 1:
        return columns[0] > key[0]
    bound = [sa.bindparam(None, part, column.type) for column, part in zip(columns, key, strict=True)]
    return sa.tuple_(*columns) > sa.tuple_(*bound)


def _object(layout: ObjectLayout, key: Key, row: Key, tables: Mapping[str, ByOwner]) -> TargetObject:
    name, *stored = row
    attributes: dict[str, Values] = {}
    for place, value in zip(_readable(layout), stored, strict=True):
        decoded = None if value is None else _value(place, value)
        if decoded is not None:
            attributes[place.attribute] = (decoded,)
    for attribute, by_owner in tables.items():
        if key in by_owner:
            attributes[attribute] = by_owner[key]
    return TargetObject(
        object_type=layout.object_type,
        anchor=layout.anchor.text(key),
        name=Name("" if name is None else str(layout.name.codec.decode(name))),
        attributes=attributes,
    )


def _value(place: ColumnPlace | TablePlace, stored: object) -> Value | None:
    if place.references is not None:
        return _reference(place.references, place.codec, stored)
    try:
        return place.codec.decode(stored)
    except ValueError as error:
        raise InvalidValueError(
            f"a value of {place.attribute!r} in table {place.column.table.name!r} {error}",
            attributes=(place.attribute,),
        ) from None


def _reference(references: ObjectType, codec: Codec, stored: object) -> ObjectRef | None:
    text = str(codec.decode(stored))
    return ObjectRef(references, anchor=Anchor(text)) if text else None
