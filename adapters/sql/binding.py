"""Binds the configuration to the live catalogue: each name in it to a table or column that is there.

Called by `session.py` when a connector opens. ConfigurationError says which line is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from adapters.sql.action import Action
from adapters.sql.actions import ActionBinder
from adapters.sql.anchors import AnchorForm
from adapters.sql.catalogue import Catalogue
from adapters.sql.codec import Codec, Storage
from adapters.sql.codecs import codec_for, spelled
from adapters.sql.config import AttributesMode, ColumnAttribute, NewAnchor, ObjectTypeConfig, SqlConfig, TableAttribute
from adapters.sql.layout import NAME_BIND, ColumnPlace, Layouts, ObjectLayout, PasswordPlace, TablePlace, key_bind
from adapters.sql.parameters import as_taken, types_of, value_types
from adapters.sql.passwords import length_of
from bridge.sdk import AttributeType, ConfigurationError, Mutability, ObjectType, OperationKind


def layouts_of(config: SqlConfig, catalogue: Catalogue, storage: Storage) -> Layouts:
    """Bind every object type of the configuration; ConfigurationError for a name that the catalogue has not."""
    zone = ZoneInfo(config.zone)
    binders = {name: _Binder(name, each, catalogue, storage, zone) for name, each in config.object_types.items()}
    anchors = {name: binder.anchor() for name, binder in binders.items()}
    layouts = {name: binder.layout(anchors) for name, binder in binders.items()}
    places = [place for layout in layouts.values() for place in layout.tables.values()]
    return {
        name: replace(layout, referring=tuple(place for place in places if place.references == name))
        for name, layout in layouts.items()
    }


def is_generated(column: sa.Column[Any]) -> bool:
    """Whether the database fills the column where an insert leaves it out."""
    automatic = getattr(column.table, "autoincrement_column", None)  # a view has none
    return column is automatic or column.server_default is not None or column.identity is not None


class _Binder:
    """Binds one object type. `where` starts every message."""

    def __init__(
        self,
        name: ObjectType,
        config: ObjectTypeConfig,
        catalogue: Catalogue,
        storage: Storage,
        zone: ZoneInfo,
    ) -> None:
        self.object_type = name
        self.config = config
        self.where = f"object_types.{name}"
        self.catalogue = catalogue
        self.storage = storage
        self.zone = zone
        self.table = catalogue.table(config.table, config.table_schema, f"{self.where}.table")

    def anchor(self) -> AnchorForm:
        where = f"{self.where}.anchor"
        names = self.config.anchor or tuple(column.name for column in self.table.table.primary_key)
        if not names:
            raise ConfigurationError(f"{where}: table {self.config.table!r} has no primary key; name the columns")
        # Of a view the configuration is believed.
        if not self.table.is_unique(names) and not self.table.is_view:
            raise ConfigurationError(f"{where}: {', '.join(names)} is no unique key of table {self.config.table!r}")
        columns = tuple(self.table.column(name, where) for name in names)
        codecs = tuple(self._codec(column, where) for column in columns)
        if any(codec.type not in (AttributeType.STRING, AttributeType.INTEGER) for codec in codecs):
            raise ConfigurationError(f"{where}: only text, numbers and UUIDs can be an anchor")
        return AnchorForm(columns, codecs)

    def layout(self, anchors: Mapping[ObjectType, AnchorForm]) -> ObjectLayout:
        anchor = anchors[self.object_type]
        name = self._name()
        taken = {kind: mode.parameters for kind, mode in self.config.operations.by_kind.items()}
        columns = {place.attribute: as_taken(place, taken) for place in self._columns(anchor, name, anchors)}
        return ObjectLayout(
            object_type=self.object_type,
            table=self.table,
            anchor=anchor,
            anchor_binds=tuple(_anchor_binds(anchor, name, columns)),
            new_anchor=self.config.new_anchor,
            name=name,
            columns=columns,
            tables={place.attribute: place for place in self._tables(anchor, anchors)},
            password=self._password(),
            name_is_unique=self.table.is_unique([name.column.name]),
            required=frozenset(place.attribute for place in columns.values() if place.required),
            actions=dict(self._actions(anchor, name, columns)),
        )

    def _actions(
        self, anchor: AnchorForm, name: ColumnPlace, columns: Mapping[str, ColumnPlace]
    ) -> Iterator[tuple[OperationKind, Action]]:
        binder = ActionBinder(self.catalogue, columns)
        for kind, mode in self.config.operations.by_kind.items():
            types = types_of(kind, anchor, name, columns)
            where = f"{self.where}.operations.{kind}"
            if mode.anchor_from is not None and len(mode.anchor_from) != len(anchor.columns):
                raise ConfigurationError(f"{where}.anchor_from: {len(anchor.columns)} are needed, as the anchor has")
            yield kind, binder.action(where, mode, types)

    def _name(self) -> ColumnPlace:
        where = f"{self.where}.name"
        column = self.table.column(self.config.name, where)
        codec = self._codec(column, where)
        if codec.type is not AttributeType.STRING:
            raise ConfigurationError(f"{where}: column {column.name!r} holds no text")
        return ColumnPlace("name", column, codec, NAME_BIND, Mutability.READ_WRITE, required=True)

    def _columns(
        self, anchor: AnchorForm, name: ColumnPlace, anchors: Mapping[ObjectType, AnchorForm]
    ) -> Iterator[ColumnPlace]:
        for number, (attribute, config) in enumerate(self._offered(anchor, name, anchors).items()):
            where = f"{self.where}.attributes.{attribute}"
            column = self.table.column(config.column, f"{where}.column")
            if column is name.column:
                raise ConfigurationError(f"{where}: column {column.name!r} is the name already")
            if config.when_true is not None and config.when_false is not None:
                codec = spelled(config.when_true, config.when_false)
            else:
                codec = self._codec(column, where, config.references, anchors)
            yield ColumnPlace(
                attribute=attribute,
                column=column,
                codec=codec,
                bind=f"bound_v{number}",
                mutability=_mutability(column, anchor),
                required=_is_required(column),
                references=config.references,
                sensitive=config.sensitive,
            )

    def _offered(
        self, anchor: AnchorForm, name: ColumnPlace, anchors: Mapping[ObjectType, AnchorForm]
    ) -> dict[str, ColumnAttribute]:
        listed = {key: each for key, each in self.config.attributes.items() if isinstance(each, ColumnAttribute)}
        if self.config.attributes_mode is AttributesMode.LISTED:
            return listed
        taken = {each.column for each in listed.values()} | {name.column.name}
        if self.config.password:
            taken.add(self.config.password.column)
        for column in self.table.table.columns:
            made = column in anchor.columns and (is_generated(column) or self.config.new_anchor is NewAnchor.UUID)
            offered = column.name not in taken and column.name not in self.config.attributes and not made
            if offered and self._known_codec(column) is not None:
                listed[column.name] = ColumnAttribute(column=column.name, references=_foreign(column, anchors))
        return listed

    def _tables(self, anchor: AnchorForm, anchors: Mapping[ObjectType, AnchorForm]) -> Iterator[TablePlace]:
        for attribute, config in self.config.attributes.items():
            if isinstance(config, TableAttribute):
                yield self._table(attribute, config, anchor, anchors)

    def _table(
        self,
        attribute: str,
        config: TableAttribute,
        anchor: AnchorForm,
        anchors: Mapping[ObjectType, AnchorForm],
    ) -> TablePlace:
        where = f"{self.where}.attributes.{attribute}"
        table = self.catalogue.table(config.table, config.table_schema or self.config.table_schema, f"{where}.table")
        owner = tuple(table.column(each, f"{where}.owner") for each in config.owner)
        if len(owner) != len(anchor.columns):
            raise ConfigurationError(f"{where}.owner: {len(anchor.columns)} columns are needed, as the anchor has")
        column = table.column(config.column, f"{where}.column")
        codec = self._codec(column, where, config.references, anchors)
        types, binder = value_types(anchor, column), ActionBinder(self.catalogue, ())
        add = binder.action(f"{where}.add", config.add, types) if config.add else None
        remove = binder.action(f"{where}.remove", config.remove, types) if config.remove else None
        return TablePlace(
            attribute, table.table, owner, column, codec, config.on_delete, config.references, add, remove
        )

    def _password(self) -> PasswordPlace | None:
        config = self.config.password
        if config is None:
            return None
        where = f"{self.where}.password.column"
        column = self.table.column(config.column, where)
        length, needed = getattr(column.type, "length", None), length_of(config.scheme)
        if length is not None and length < needed:
            raise ConfigurationError(
                f"{where}: column {column.name!r} takes {length} characters, a hash by {config.scheme} has {needed}"
            )
        return PasswordPlace(column, config.scheme)

    def _known_codec(self, column: sa.Column[Any]) -> Codec | None:
        return codec_for(column.info["catalogue_type"], self.storage, self.zone)

    def _codec(
        self,
        column: sa.Column[Any],
        where: str,
        references: ObjectType | None = None,
        anchors: Mapping[ObjectType, AnchorForm] | None = None,
    ) -> Codec:
        codec = self._known_codec(column)
        if codec is None:
            raise ConfigurationError(f"{where}: column {column.name!r} has a type that is not supported")
        if references is not None and anchors is not None and len(anchors[references].columns) > 1:
            raise ConfigurationError(f"{where}.references: {references} has an anchor of several columns")
        return codec


def _is_required(column: sa.Column[Any]) -> bool:
    return not column.nullable and column.computed is None and not is_generated(column)


def _mutability(column: sa.Column[Any], anchor: AnchorForm) -> Mutability:
    if column.computed is not None or (column.identity is not None and column.identity.always):
        return Mutability.READ_ONLY
    return Mutability.ON_CREATE if column in anchor.columns else Mutability.READ_WRITE


def _foreign(column: sa.Column[Any], anchors: Mapping[ObjectType, AnchorForm]) -> ObjectType | None:
    """The one object type whose whole anchor a foreign key of the column refers to."""
    targets = {key.target_fullname for key in column.foreign_keys}
    found = [
        name
        for name, anchor in anchors.items()
        if len(anchor.columns) == 1 and f"{anchor.columns[0].table.fullname}.{anchor.columns[0].name}" in targets
    ]
    return found[0] if len(found) == 1 else None


def _anchor_binds(anchor: AnchorForm, name: ColumnPlace, columns: Mapping[str, ColumnPlace]) -> Iterator[str]:
    places = {place.column: place.bind for place in [name, *columns.values()]}
    for number, column in enumerate(anchor.columns):
        yield places.get(column, key_bind(number))
