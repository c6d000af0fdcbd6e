"""The published schema of the object types, as the layouts tell it. Pure; called by `adapter.py`."""

from __future__ import annotations

from adapters.sql.layout import ColumnPlace, Layouts, ObjectLayout, TablePlace
from bridge.sdk import AttributeSchema, AttributeType, ObjectTypeSchema, Schema


def schema_of(layouts: Layouts) -> Schema:
    return Schema({name: _object_type(layout) for name, layout in layouts.items()})


def _object_type(layout: ObjectLayout) -> ObjectTypeSchema:
    attributes = [
        *(_single_valued(place) for place in layout.columns.values()),
        *(_multi_valued(place) for place in layout.tables.values()),
    ]
    column = layout.name.column
    return ObjectTypeSchema(
        name=layout.object_type,
        attributes={each.name: each for each in attributes},
        naming=f"column {column.table.name}.{column.name}",
        name_max_length=layout.name.codec.max_length,
    )


def _single_valued(place: ColumnPlace) -> AttributeSchema:
    return AttributeSchema(
        name=place.attribute,
        type=place.type,
        required=place.required,
        mutability=place.mutability,
        max_length=_max_length(place),
        sensitive=place.sensitive,
        references=(place.references,) if place.references else (),
        description=f"column {place.column.table.name}.{place.column.name}",
    )


def _multi_valued(place: TablePlace) -> AttributeSchema:
    return AttributeSchema(
        name=place.attribute,
        type=place.type,
        multi_valued=True,
        max_length=_max_length(place),
        references=(place.references,) if place.references else (),
        description=f"rows of {place.table.name}, column {place.column.name}",
    )


def _max_length(place: ColumnPlace | TablePlace) -> int | None:
    return None if place.type is AttributeType.REFERENCE else place.codec.max_length
