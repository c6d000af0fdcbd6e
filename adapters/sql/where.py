"""From the filter of a search to an SQL clause. Pure; called by `reader.py`.

The meaning is that of `bridge.sdk.filters.matches`: a comparison with an attribute that has no value is false, never
unknown, so that its negation is true.
"""

from __future__ import annotations

from typing import Any, assert_never

import sqlalchemy as sa

from adapters.sql.codec import Codec
from adapters.sql.dialect import Dialect
from adapters.sql.layout import ColumnPlace, Layouts, ObjectLayout, TablePlace
from bridge.sdk import AttributeType, ObjectRef, ObjectType, Value, filters

Clause = sa.ColumnElement[bool]

_ORDERED = (AttributeType.STRING, AttributeType.INTEGER, AttributeType.TIMESTAMP)


class Where:
    """Makes clauses for one object type."""

    def __init__(self, layout: ObjectLayout, layouts: Layouts, dialect: Dialect) -> None:
        self._layout = layout
        self._layouts = layouts
        self._dialect = dialect

    def clause(self, tree: filters.Filter) -> Clause:
        match tree:
            case filters.And(terms):
                return sa.and_(sa.true(), *map(self.clause, terms))
            case filters.Or(terms):
                return sa.or_(sa.false(), *map(self.clause, terms))
            case filters.Not(term):
                return sa.not_(self.clause(term))
            case filters.Present(attribute):
                return self._present(attribute)
            case filters.Compare(attribute, comparison, value):
                return self._compare(attribute, comparison, value)
        assert_never(tree)

    def _present(self, attribute: str) -> Clause:
        table = self._layout.tables.get(attribute)
        if table is not None:
            return self._rows(table, table.column.is_not(None))
        place = self._column(attribute)
        return sa.false() if place is None else place.column.is_not(None)

    def _compare(self, attribute: str, comparison: filters.Comparison, value: Value) -> Clause:
        table = self._layout.tables.get(attribute)
        if table is not None:
            return self._rows(table, self._holds(table, comparison, value))
        place = self._column(attribute)
        return (
            sa.false() if place is None else sa.and_(place.column.is_not(None), self._holds(place, comparison, value))
        )

    def _rows(self, table: TablePlace, condition: Clause) -> Clause:
        owned = zip(table.owner, self._layout.anchor.columns, strict=True)
        return sa.exists().where(*(owner == column for owner, column in owned), condition)

    def _column(self, attribute: str) -> ColumnPlace | None:
        """None for what never reads as a value: an attribute that is not there, or a sensitive one."""
        place = self._layout.name if attribute == filters.NAME else self._layout.columns.get(attribute)
        return None if place is None or place.sensitive else place

    def _holds(self, place: ColumnPlace | TablePlace, comparison: filters.Comparison, value: Value) -> Clause:
        column, codec = place.column, place.codec
        if place.references is not None:
            equal = comparison is filters.Comparison.EQUAL
            return self._refers(column, place.references, value) if equal else sa.false()
        match comparison:
            case filters.Comparison.EQUAL:
                return _against(codec, value, column.__eq__)
            case filters.Comparison.GREATER_OR_EQUAL | filters.Comparison.LESS_OR_EQUAL if codec.type not in _ORDERED:
                return sa.false()
            case filters.Comparison.GREATER_OR_EQUAL:
                return _against(codec, value, column.__ge__)
            case filters.Comparison.LESS_OR_EQUAL:
                return _against(codec, value, column.__le__)
            case filters.Comparison.STARTS_WITH | filters.Comparison.ENDS_WITH | filters.Comparison.CONTAINS:
                return self._part(place, comparison, value)
        assert_never(comparison)

    def _part(self, place: ColumnPlace | TablePlace, comparison: filters.Comparison, value: Value) -> Clause:
        if place.codec.type is not AttributeType.STRING or not isinstance(value, str):
            return sa.false()
        plain = isinstance(place.column.type, sa.String) and not isinstance(place.column.type, sa.Enum)
        text = place.column if plain else sa.cast(place.column, sa.Text)
        clause: Clause = self._dialect.contains(text, comparison, value)
        return clause

    def _refers(self, column: sa.Column[Any], references: ObjectType, value: Value) -> Clause:
        if not isinstance(value, ObjectRef) or value.object_type != references:
            return sa.false()
        layout = self._layouts[references]
        if value.anchor:
            key = layout.anchor.key(value.anchor)
            return sa.false() if key is None else column == key[0]
        named = sa.select(layout.anchor.columns[0]).where(layout.name.column == value.name)
        return column.in_(named)


def _against(codec: Codec, value: Value, compare: Any) -> Clause:
    try:
        clause: Clause = compare(codec.encode(value))
    except ValueError:
        # No row of that column can hold such a value.
        return sa.false()
    return clause
