"""The objects of a store, by anchor and by name. Called by `writing` and `store`, under the store's lock."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

from bridge.sdk import Anchor, Name, ObjectRef, ObjectType, TargetObject, Values
from bridge.sdk.testing.memory.changes import ChangeLog
from bridge.sdk.testing.memory.entry import Entry
from bridge.sdk.testing.memory.schema import SCHEMA


class Objects:
    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[Anchor, Entry] = {}
        self._names: dict[tuple[ObjectType, Name], Entry] = {}
        # The prefix keeps an anchor that an earlier process gave from being given again.
        self._prefix: Final = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self.changes: Final = ChangeLog()
        for entry in entries:
            self.keep(entry)

    def new_anchor(self) -> Anchor:
        return Anchor(f"{self._prefix}-{next(self._numbers)}")

    def by_anchor(self, anchor: Anchor) -> Entry | None:
        return self._entries.get(anchor)

    def by_name(self, object_type: ObjectType, name: Name) -> Entry | None:
        return self._names.get((object_type, name))

    def find(self, ref: ObjectRef) -> Entry | None:
        """By the anchor if there is one: a name may by now be another object's."""
        if ref.anchor is None:
            return None if ref.name is None else self.by_name(ref.object_type, ref.name)
        entry = self._entries.get(ref.anchor)
        return entry if entry is not None and entry.object_type == ref.object_type else None

    def keep(self, entry: Entry) -> None:
        self._entries[entry.anchor] = entry
        self._names[entry.object_type, entry.name] = entry

        self.changes.note(entry.anchor, entry.object_type)

    def changed(self, entry: Entry) -> None:
        """The entry has other attributes now."""
        entry.version += 1
        self.changes.note(entry.anchor, entry.object_type)

    def rename(self, entry: Entry, new_name: Name) -> None:
        del self._names[entry.object_type, entry.name]
        entry.name = new_name
        self._names[entry.object_type, new_name] = entry
        self.changed(entry)

    def remove(self, entry: Entry) -> None:
        del self._entries[entry.anchor]
        del self._names[entry.object_type, entry.name]
        self.changes.note(entry.anchor, entry.object_type)

    def anchors(self, object_type: ObjectType) -> Sequence[Anchor]:
        return [each.anchor for each in self._entries.values() if each.object_type == object_type]

    def target_object(self, entry: Entry) -> TargetObject:
        """The object as a read gives it: no sensitive values, references with their names of today."""
        described = SCHEMA.object_types[entry.object_type].attributes
        attributes = {
            name: self._references(values) if described[name].references else values
            for name, values in entry.attributes.items()
            if not described[name].sensitive
        }
        return TargetObject(entry.object_type, entry.anchor, entry.name, attributes, str(entry.version))

    def _references(self, values: Values) -> Values:
        """References to deleted objects are gone, as in a directory that keeps referential integrity."""
        found = [self._entries[Anchor(str(each))] for each in values if each in self._entries]
        return tuple(ObjectRef(each.object_type, each.anchor, each.name) for each in found)
