"""From the filter of a search to an SQL clause. Pure; called by `reader.py`.

The meaning is that of `bridge.sdk.filters.matches`: a comparison with an attribute that has no value is false, never
unknown, so that its negation is true.
"""

from __future__ import annotations

from typing import Any, assert_never

import sqlalchemy as sa

from adapters.sql.codecs import Codec
from adapters.sql.dialects import Dialect
from adapters.sql.layout import Layouts, ObjectLayout, TablePlace
from bridge.sdk import AttributeType, InvalidValueError, ObjectRef, ObjectType, Value, filters

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
        return self._column(attribute)[0].is_not(None)

    def _compare(self, attribute: str, comparison: filters.Comparison, value: Value) -> Clause:
        table = self._layout.tables.get(attribute)
        if table is not None:
            return self._rows(table, self._holds(table.column, table.codec, table.references, comparison, value))
        column, codec, references = self._column(attribute)
        return sa.and_(column.is_not(None), self._holds(column, codec, references, comparison, value))

    def _rows(self, table: TablePlace, condition: Clause) -> Clause:
        owned = zip(table.owner, self._layout.anchor.columns, strict=True)
        return sa.exists().where(*(owner == column for owner, column in owned), condition)

    def _column(self, attribute: str) -> tuple[sa.Column[Any], Codec, ObjectType | None]:
        place = self._layout.name if attribute == filters.NAME else self._layout.columns.get(attribute)
        if place is None or place.sensitive:
            raise InvalidValueError(
                f"the filter asks for {attribute!r}, by which a {self._layout.object_type} cannot be searched",
                attributes=(attribute,),
            )
        return place.column, place.codec, place.references

    def _holds(
        self,
        column: sa.Column[Any],
        codec: Codec,
        references: ObjectType | None,
        comparison: filters.Comparison,
        value: Value,
    ) -> Clause:
        if references is not None:
            return self._refers(column, references, value) if comparison is filters.Comparison.EQUAL else sa.false()
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
                is_text = codec.type is AttributeType.STRING and isinstance(value, str)
                text = sa.cast(column, sa.Text)
                return self._dialect.contains(text, comparison, str(value)) if is_text else sa.false()
        assert_never(comparison)

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
