"""How a reference is stored: the DN of the object referred to, or the value of one of its attributes (memberUid). Pure.

Writes ask it for the bytes, with the entry that `references` has found. Reads ask it which values still have to be
looked up; `reading` does that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adapters.ldap import dn, values
from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.directory import ByValue, TypeRules
from adapters.ldap.encoding import NO_ATTRIBUTES
from bridge.sdk import InvalidValueError, ObjectRef

Referred = Mapping[ObjectRef, Entry]
"""The entry of each referenced object that was found, with the attributes of `asked_of_referred`."""

Named = Mapping[tuple[ByValue, object], str]
"""The DNs of objects by how references to them are stored, and the key of the value."""


def asked_of_referred(rules: TypeRules) -> Sequence[str]:
    """The attributes that a look at a referenced object asks for."""
    return [each.attribute.name for each in rules.by_value.values()] or NO_ATTRIBUTES


def content_of(rules: TypeRules, attribute: AttributeDefinition, ref: ObjectRef, referred: Entry) -> bytes:
    """A reference as it is stored. InvalidValueError if the object has nothing that it could be stored by."""
    stored = rules.by_value.get(attribute.name.lower())
    if stored is None:
        return values.encode(attribute, referred.dn)
    if ref.object_type != stored.refers_to:
        raise _invalid(attribute, f"refers to objects of type {stored.refers_to}, not {ref.object_type}")
    return _stored_value(attribute, stored, referred)


def _stored_value(attribute: AttributeDefinition, stored: ByValue, referred: Entry) -> bytes:
    """The value in the object's name where it has several, or where the object is gone and its name is all there is."""
    names = {each.lower() for each in (*stored.attribute.names, stored.attribute.oid)}
    held = [each for name, contents in referred.attributes.items() if name.lower() in names for each in contents]
    if len(held) == 1:
        return held[0]
    for ava in dn.rdn_of(referred.dn):
        if ava.type.lower() in names:
            return ava.value
    complaint = "has no" if not held else "has more than one"
    raise _invalid(attribute, f"refers to {referred.dn}, which {complaint} {stored.attribute.name}")


def looked_up(rules: TypeRules, entries: Iterable[Entry]) -> dict[ByValue, list[bytes]]:
    """The values by which the entries refer to others, each once."""
    if not rules.by_value:
        return {}
    found: dict[ByValue, dict[bytes, None]] = {}
    for entry in entries:
        for name, contents in entry.attributes.items():
            definition = rules.attributes.get(name.lower())
            stored = rules.by_value.get(definition.name.lower()) if definition else None
            if stored is not None:
                found.setdefault(stored, {}).update(dict.fromkeys(contents))
    return {stored: list(contents) for stored, contents in found.items()}


def key_of(stored: ByValue, content: bytes) -> tuple[ByValue, object]:
    return stored, values.matching_key(stored.attribute, content)


def _invalid(attribute: AttributeDefinition, complaint: str) -> InvalidValueError:
    return InvalidValueError(f"{attribute.name} {complaint}", attributes=(attribute.name,))
