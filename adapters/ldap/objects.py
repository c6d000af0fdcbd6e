"""From entries to objects. Pure; called by `reading` with the entries of one answer, comes next: the engine.

What an attribute is, and where objects of which type lie, is found out once for all of them: an import is 1,000
entries with the same attributes, a group 100,000 names below the same few parents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.ldap import dn, values
from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.directory import PASSWORDS, ByValue, Directory, Placeholder, TypeRules
from adapters.ldap.stored_references import Named, key_of
from adapters.ldap.translate import anchor_in, version_in
from bridge.sdk import AttributeType, Name, ObjectRef, ObjectType, TargetObject, Value, Values

Decode = Callable[[bytes], Value]


@dataclass(frozen=True, slots=True)
class _Column:
    """One attribute of the object type, as callers see it."""

    attribute: AttributeDefinition
    name: str
    decode: Decode
    placeholder: Placeholder | None

    def shown(self, contents: Sequence[bytes]) -> Sequence[bytes]:
        held = self.placeholder
        if held is None:
            return contents
        return [each for each in contents if values.matching_key(self.attribute, each) != held.key]


class Objects:
    """Makes the objects of one type; `named` are those that are referred to otherwise than by DN."""

    def __init__(self, directory: Directory, rules: TypeRules, named: Named) -> None:
        self._directory = directory
        self._rules = rules
        self._named = named
        self._columns: dict[str, _Column | None] = {}
        self._types: dict[tuple[str, str], ObjectType] = {}

    def read(self, entry: Entry) -> TargetObject:
        """ConfigurationError if the account may not read what identifies the entry."""
        attributes: dict[str, Values] = {}
        columns = self._columns
        for description, contents in entry.attributes.items():
            if description not in columns:
                columns[description] = self._column(description)
            column = columns[description]
            if column is not None and (shown := column.shown(contents)):
                attributes[column.name] = tuple(map(column.decode, shown))
        if self._rules.flags:
            held = {name.lower(): contents for name, contents in entry.attributes.items()}
            attributes |= {name: (flag.state(held).value,) for name, flag in self._rules.flags.items()}
        directory = self._directory
        anchor, version = anchor_in(directory, entry), version_in(directory, entry)
        return TargetObject(self._rules.name, anchor, Name(entry.dn), attributes, version)

    def _column(self, description: str) -> _Column | None:
        """None for what the object type has not, or nobody may read."""
        found = self._rules.attributes.get(description.lower().removesuffix(";binary"))
        if found is None or found.name.lower() in PASSWORDS:
            return None
        return _Column(found, found.name, self._decode(found), self._rules.kept_filled(found))

    def _decode(self, attribute: AttributeDefinition) -> Decode:
        plain = values.decoder(attribute)
        if self._rules.type_of(attribute) is not AttributeType.REFERENCE:
            return plain

        stored = self._rules.by_value.get(attribute.name.lower())

        def decode(content: bytes) -> Value:
            value = plain(content)
            if not isinstance(value, str) or not value:
                return value
            return self._by_dn(attribute, value) if stored is None else self._by_value(stored, content, value)

        return decode

    def _by_dn(self, attribute: AttributeDefinition, text: str) -> ObjectRef:
        name = values.without_uid(attribute, text)
        return ObjectRef(self._type_of(name), name=Name(name))

    def _by_value(self, stored: ByValue, content: bytes, text: str) -> Value:
        """A reference to nothing that is there stays the text that it is."""
        found = self._named.get(key_of(stored, content))
        return text if found is None else ObjectRef(stored.refers_to, name=Name(found))

    def _type_of(self, name: str) -> ObjectType:
        place = dn.place(name)
        if place is None:
            return self._directory.type_of(name)
        found = self._types.get(place)
        if found is None:
            found = self._directory.type_of(name)
            if not self._directory.has_base_in(place[1]):
                self._types[place] = found
        return found
