"""Which rights the login needs on which table, by what the configuration does there. Pure; called by `report.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import sqlalchemy as sa

from adapters.sql.action import Means
from adapters.sql.config import OnDelete
from adapters.sql.dialect import RIGHTS
from adapters.sql.layout import Layouts, ObjectLayout
from bridge.sdk import OperationKind

_CHANGES = (OperationKind.UPDATE, OperationKind.RENAME)
_PASSWORDS = (OperationKind.SET_PASSWORD, OperationKind.CHANGE_PASSWORD)


def rights_needed(layouts: Layouts) -> Mapping[sa.Table, list[str]]:
    """Of the tables of all object types, in the order of `RIGHTS`. A statement's own tables are not known."""
    found: defaultdict[sa.Table, set[str]] = defaultdict(set)
    for layout in layouts.values():
        found[layout.table.table] |= {"SELECT", *_on_object(layout)}
        for table, right in _on_values(layout):
            found[table].add(right)
    return {table: _ordered(rights) for table, rights in found.items()}


def marker_rights(layouts: Layouts) -> list[str]:
    """The marker of a procedure is written before it, and its anchor after."""
    actions = [action for layout in layouts.values() for action in layout.all_actions]
    calls = any(action.means is Means.PROCEDURE for action in actions)
    return _ordered({"SELECT", "INSERT", "DELETE", *(["UPDATE"] if calls else [])})


def _ordered(rights: Iterable[str]) -> list[str]:
    given = set(rights)
    return [right for right in RIGHTS if right in given]


def _on_object(layout: ObjectLayout) -> Iterator[str]:
    on_table = [kind for kind in OperationKind if kind not in layout.actions]
    if OperationKind.CREATE in on_table:
        yield "INSERT"
    if OperationKind.DELETE in on_table:
        yield "DELETE"
    updating = (*_CHANGES, *(_PASSWORDS if layout.password else ()))
    if any(kind in on_table for kind in updating):
        yield "UPDATE"


def _on_values(layout: ObjectLayout) -> Iterator[tuple[sa.Table, str]]:
    deletes = OperationKind.DELETE not in layout.actions
    for place in layout.tables.values():
        yield place.table, "SELECT"
        if place.add is None:
            yield place.table, "INSERT"
        if place.remove is None or (deletes and place.on_delete is OnDelete.REMOVE):
            yield place.table, "DELETE"
    for place in layout.referring:
        if deletes and place.on_delete is OnDelete.REMOVE:
            yield place.table, "DELETE"
