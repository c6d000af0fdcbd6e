"""Which parameters an operation's statements may bind, and as what type. Pure; called by `actions.py`.

The reserved names come from the operation itself; every other name is a single-valued attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from adapters.sql.anchors import AnchorForm
from adapters.sql.layout import ColumnPlace
from bridge.sdk import Mutability, OperationKind

NAME: Final = "name"
NEW_NAME: Final = "new_name"
PASSWORD: Final = "password"  # noqa: S105 - the name of a parameter
OLD_PASSWORD: Final = "old_password"  # noqa: S105 - the name of a parameter
VALUE: Final = "value"

Types = Mapping[str, sa.types.TypeEngine[Any]]
"""Parameter to the type that its value is bound as."""

_WITH_ATTRIBUTES: Final = (OperationKind.CREATE, OperationKind.UPDATE)
_OWN: Final[Mapping[OperationKind, tuple[str, ...]]] = {
    OperationKind.RENAME: (NEW_NAME,),
    OperationKind.SET_PASSWORD: (PASSWORD,),
    OperationKind.CHANGE_PASSWORD: (PASSWORD, OLD_PASSWORD),
}
RESERVED: Final = frozenset({NAME, NEW_NAME, PASSWORD, OLD_PASSWORD, "anchor"})


def anchor_parameters(anchor: AnchorForm) -> tuple[str, ...]:
    """`anchor`, or `anchor_` and its name for each column where there are several."""
    if len(anchor.columns) == 1:
        return ("anchor",)
    return tuple(f"anchor_{column.name}" for column in anchor.columns)


def types_of(kind: OperationKind, anchor: AnchorForm, name: ColumnPlace, columns: Mapping[str, ColumnPlace]) -> Types:
    """Every parameter that an operation of that kind offers."""
    found: dict[str, sa.types.TypeEngine[Any]] = {}
    if kind in _WITH_ATTRIBUTES:
        found.update((attribute, place.column.type) for attribute, place in columns.items())
    found.update(dict.fromkeys(_OWN.get(kind, ()), sa.String()))
    if kind is OperationKind.RENAME:
        found[NEW_NAME] = name.column.type
    for parameter, column in zip(anchor_parameters(anchor), anchor.columns, strict=True):
        found[parameter] = column.type
    found[NAME] = name.column.type
    return found


def value_types(anchor: AnchorForm, column: sa.Column[Any]) -> Types:
    """The parameters of adding or removing one value of many."""
    owner = zip(anchor_parameters(anchor), anchor.columns, strict=True)
    return {VALUE: column.type, **{parameter: each.type for parameter, each in owner}}


def as_taken(place: ColumnPlace, taken: Mapping[OperationKind, frozenset[str]]) -> ColumnPlace:
    """What callers may write, where a create or an update takes the parameters in `taken` and no others."""
    mutability = place.mutability
    on_create, on_update = mutability is not Mutability.READ_ONLY, mutability is Mutability.READ_WRITE
    if OperationKind.CREATE in taken:
        on_create = place.attribute in taken[OperationKind.CREATE]
    if OperationKind.UPDATE in taken:
        on_update = place.attribute in taken[OperationKind.UPDATE]
    mutability = Mutability.READ_WRITE if on_update else Mutability.ON_CREATE if on_create else Mutability.READ_ONLY
    return replace(place, mutability=mutability, required=place.required and on_create)
