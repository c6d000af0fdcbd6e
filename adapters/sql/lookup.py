"""Which rows the objects are that operations speak of, read inside the transaction that writes.

Called by `writer.py`, for targets given by name and for references. One query per object type for the whole batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.sql.anchors import Key
from adapters.sql.chunks import chunks
from adapters.sql.client import Client
from adapters.sql.layout import Layouts, ObjectLayout
from adapters.sql.statements import WANTED_BIND, Statements, wanted_keys
from bridge.sdk import Name, ObjectRef

Found = Mapping[ObjectRef, Sequence[Key]]
"""The keys of the rows that answer to a reference: none, one, or, if names are not unique, several."""


class Lookup:
    def __init__(self, client: Client, layouts: Layouts, statements: Statements) -> None:
        self._client = client
        self._layouts = layouts
        self._statements = statements

    def find(self, refs: Iterable[ObjectRef]) -> Found:
        """By anchor where it is given, else by name. An object type that is not configured is found nowhere."""
        found: dict[ObjectRef, Sequence[Key]] = {}
        by_type: defaultdict[str, list[ObjectRef]] = defaultdict(list)
        for ref in dict.fromkeys(refs):
            by_type[ref.object_type].append(ref)
        for layout in self._layouts.values():
            wanted = by_type[layout.object_type]
            found |= self._by_anchor(layout, [ref for ref in wanted if ref.anchor])
            found |= self._by_name(layout, [ref for ref in wanted if not ref.anchor])
        return found

    def _by_anchor(self, layout: ObjectLayout, refs: Sequence[ObjectRef]) -> Found:
        keys = {ref: layout.anchor.key(ref.anchor) for ref in refs if ref.anchor}
        known = [key for key in keys.values() if key is not None]
        present: set[Key] = set()
        for some in chunks(known):
            rows = self._client.rows(self._statements.found_by_key(layout), wanted_keys(some))
            present.update(tuple(row[1:]) for row in rows)
        return {ref: [key] if key in present and key is not None else [] for ref, key in keys.items()}

    def _by_name(self, layout: ObjectLayout, refs: Sequence[ObjectRef]) -> Found:
        names = [ref.name for ref in refs if ref.name is not None]
        keys: defaultdict[str, list[Key]] = defaultdict(list)
        for some in chunks(names):
            for row in self._named(layout, some):
                keys[layout.name.codec.decode(row[0])].append(tuple(row[1:]))  # type: ignore[index]  # names are text
        if not keys.keys() <= set(names):
            # The column compares names less exactly than we do (case, accents): ask for each one alone.
            return {ref: [tuple(row[1:]) for row in self._named(layout, [ref.name])] for ref in refs if ref.name}
        return {ref: keys.get(str(ref.name), []) for ref in refs}

    def _named(self, layout: ObjectLayout, names: Sequence[Name]) -> Sequence[sa.Row[Any]]:
        return self._client.rows(self._statements.found_by_name(layout), {WANTED_BIND: list(names)})
