"""Where changes of each object type are told: the settings, bound to the live catalogue. Called by `session.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from adapters.sql.anchors import AnchorForm
from adapters.sql.catalogue import Catalogue
from adapters.sql.change_settings import ChangeSettings
from adapters.sql.codec import Codec, Storage
from adapters.sql.codecs import codec_for
from adapters.sql.config import SqlConfig
from adapters.sql.layout import Layouts, ObjectLayout
from bridge.sdk import AttributeType, ConfigurationError, ObjectType


class Kept(Enum):
    """Which rows the table of changes has."""

    LAST_STATE = "last_state"
    """One for each object: the object's own table."""
    EVERY_CHANGE = "every_change"
    """A history."""


@dataclass(frozen=True, slots=True)
class ChangePlace:
    """`anchor` are the columns, in the table of changes, that hold the object's anchor."""

    column: sa.Column[Any]
    codec: Codec
    anchor: AnchorForm
    overlap: int
    kept: Kept


ChangePlaces = Mapping[ObjectType, ChangePlace]


def places_of(config: SqlConfig, catalogue: Catalogue, layouts: Layouts, storage: Storage) -> ChangePlaces:
    """ConfigurationError for a name that the catalogue has not, or a column that cannot tell an order."""
    zone = ZoneInfo(config.zone)
    found: dict[ObjectType, ChangePlace] = {}
    for name, each in config.object_types.items():
        if each.changes is not None:
            codecs = _Codecs(storage, zone)
            found[name] = _place(each.changes, layouts[name], catalogue, codecs, f"object_types.{name}.changes")
    return found


@dataclass(frozen=True, slots=True)
class _Codecs:
    storage: Storage
    zone: ZoneInfo

    def of(self, column: sa.Column[Any], where: str) -> Codec:
        codec = codec_for(column.type, self.storage, self.zone)
        if codec is None or codec.type not in (AttributeType.INTEGER, AttributeType.TIMESTAMP):
            raise ConfigurationError(f"{where}.column: column {column.name!r} is no integer and no timestamp")
        return codec


def _place(
    settings: ChangeSettings, layout: ObjectLayout, catalogue: Catalogue, codecs: _Codecs, where: str
) -> ChangePlace:
    if settings.table is None or settings.anchor is None:
        column = layout.table.column(settings.column, f"{where}.column")
        return ChangePlace(column, codecs.of(column, where), layout.anchor, settings.overlap, Kept.LAST_STATE)
    schema = settings.table_schema or layout.table.table.schema
    history = catalogue.table(settings.table, schema, f"{where}.table")
    column = history.column(settings.column, f"{where}.column")
    columns = tuple(history.column(each, f"{where}.anchor") for each in settings.anchor)
    if len(columns) != len(layout.anchor.columns):
        raise ConfigurationError(f"{where}.anchor: the object's anchor has {len(layout.anchor.columns)} columns")
    anchor = AnchorForm(columns, layout.anchor.codecs)
    return ChangePlace(column, codecs.of(column, where), anchor, settings.overlap, Kept.EVERY_CHANGE)
