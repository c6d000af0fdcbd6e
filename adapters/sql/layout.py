"""Where an object's attributes live: the configuration's names, bound to the live catalogue.

Made once by `binding.py` when a connector opens; every later stage works from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from adapters.sql.action import Action
from adapters.sql.anchors import AnchorForm
from adapters.sql.catalogue import CatalogueTable
from adapters.sql.codec import Codec
from adapters.sql.config import NewAnchor, OnDelete, PasswordScheme
from bridge.sdk import AttributeType, Mutability, ObjectType, OperationKind

NAME_BIND = "bound_name"
"""Under which statements bind the object's name. Every bind starts so: SQLAlchemy takes one that is called as a column
of the table for that column's value."""


def key_bind(number: int) -> str:
    """Under which statements bind the anchor's column of that number."""
    return f"bound_k{number}"


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """A single-valued attribute's column. `bind` is the name under which statements bind it.

    `required`: a create must give it, as NULL is refused and nothing else fills the column.
    """

    attribute: str
    column: sa.Column[Any]
    codec: Codec
    bind: str
    mutability: Mutability
    required: bool
    references: ObjectType | None = None
    sensitive: bool = False

    @property
    def type(self) -> AttributeType:
        return AttributeType.REFERENCE if self.references else self.codec.type

    @property
    def nullable(self) -> bool:
        return bool(self.column.nullable)


@dataclass(frozen=True, slots=True)
class TablePlace:
    """A multi-valued attribute's child or link table. `add` and `remove` carry out one value, where not the table."""

    attribute: str
    table: sa.Table
    owner: tuple[sa.Column[Any], ...]
    column: sa.Column[Any]
    codec: Codec
    on_delete: OnDelete
    references: ObjectType | None = None
    add: Action | None = None
    remove: Action | None = None

    @property
    def type(self) -> AttributeType:
        return AttributeType.REFERENCE if self.references else self.codec.type


@dataclass(frozen=True, slots=True)
class PasswordPlace:
    column: sa.Column[Any]
    scheme: PasswordScheme


@dataclass(frozen=True, slots=True)
class ObjectLayout:
    """One object type. `referring` are link tables of any type whose rows may refer to an object of this one.

    `anchor_binds` names, for each of the anchor's columns, what a create binds it as if it binds it at all.
    `actions` has the operations that are not carried out on the table.
    """

    object_type: ObjectType
    table: CatalogueTable
    anchor: AnchorForm
    anchor_binds: tuple[str, ...]
    new_anchor: NewAnchor
    name: ColumnPlace
    columns: Mapping[str, ColumnPlace]
    tables: Mapping[str, TablePlace]
    password: PasswordPlace | None
    required: frozenset[str]
    name_is_unique: bool
    actions: Mapping[OperationKind, Action]
    referring: tuple[TablePlace, ...] = ()

    @property
    def all_actions(self) -> list[Action]:
        of_values = (action for place in self.tables.values() for action in (place.add, place.remove))
        return [*self.actions.values(), *(action for action in of_values if action is not None)]

    @property
    def name_is_key(self) -> bool:
        return self.name.column in self.anchor.columns

    def gives_anchor(self, binds: Iterable[str]) -> bool:
        """Whether an insert that binds these leaves no part of the anchor to the database."""
        return set(self.anchor_binds).issubset(binds)

    def attributes_of(self, named: tuple[str, ...]) -> tuple[str, ...]:
        """The attributes behind the columns, or the constraint, that an error names."""
        columns = {column for each in named for column in self.table.constraints.get(each, (each,))}
        places = [self.name, *self.columns.values()]
        return tuple(place.attribute for place in places if place.column.name in columns)


Layouts = Mapping[ObjectType, ObjectLayout]
