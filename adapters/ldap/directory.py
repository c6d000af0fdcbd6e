"""What is known of the target before anything is written to it: the rules of each object type. Pure.

Made by `schema` at open; asked by `translate`, `lookup` and `plans`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from adapters.ldap import dn, values
from adapters.ldap.account_flags import Flag
from adapters.ldap.anchors import AnchorForm
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.protection import Protection
from adapters.ldap.server_kind import ServerKind
from adapters.ldap.type_settings import ObjectTypeSettings
from bridge.sdk import AttributeType, InvalidValueError, ObjectType

OUT_OF_SCOPE: Final = ObjectType("object")
"""The object type of a reference to an entry that lies under no configured object type."""

OBJECT_CLASS: Final = "objectclass"
PASSWORDS: Final = frozenset({"userpassword", "unicodepwd"})
NOT_WRITTEN: Final = PASSWORDS | {OBJECT_CLASS}
"""Attributes that no create or update names."""


_AROUND_VALUES: Final = 65_536
"""Bytes: the DN, and a few for each value."""


@dataclass(frozen=True, slots=True)
class ByValue:
    """How references are stored where it is not by DN: as the value of this attribute of the object referred to."""

    attribute: AttributeDefinition
    refers_to: ObjectType


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What stands where a class demands a reference and there is none. No read shows it."""

    content: bytes
    key: object
    """As `values.matching_key` gives it."""
    attributes: frozenset[str]
    """Those that are never empty, in lower case."""


@dataclass(frozen=True, slots=True)
class TypeRules:
    """One object type. `attributes` has every attribute by each of its names in lower case."""

    name: ObjectType
    settings: ObjectTypeSettings
    base_keys: tuple[str, ...]
    attributes: Mapping[str, AttributeDefinition]
    apart: str
    """A class whose objects are of another sort although they are in the type's class; empty if there is none."""
    required: frozenset[str]
    flags: Mapping[str, Flag]
    first_password: Callable[[bytes], tuple[str, Sequence[bytes]]] | None
    """What a new object brings its password by; None if its password is set later only."""
    kept_for_flags: Mapping[str, AttributeDefinition]
    """Where flags are kept, by attribute in lower case: no attributes of the objects besides."""
    by_value: Mapping[str, ByValue]
    """References that are not stored by DN, by attribute in lower case."""
    placeholder: Placeholder | None
    repaired: Sequence[AttributeDefinition]
    """References that follow a rename by our own hand."""

    def attribute(self, name: str) -> AttributeDefinition:
        """InvalidValueError if objects of the type have no such attribute."""
        found = self.attributes.get(name.lower())
        if found is None:
            raise InvalidValueError(f"{self.name} has no attribute {name}", attributes=(name,))
        return found

    def type_of(self, attribute: AttributeDefinition) -> AttributeType:
        """As callers see it."""
        return AttributeType.REFERENCE if attribute.name.lower() in self.by_value else values.type_of(attribute)

    def kept_filled(self, attribute: AttributeDefinition) -> Placeholder | None:
        """What the attribute holds where it would be empty, if that is not allowed."""
        found = self.placeholder
        return found if found is not None and attribute.name.lower() in found.attributes else None

    def holds(self, dn_key: str) -> bool:
        """Whether an entry of that DN, as `dn.key` gives it, lies where objects of the type may be."""
        return any(dn.is_under(dn_key, base) and dn_key != base for base in self.base_keys)

    def writable(self, name: str) -> AttributeDefinition:
        found = self.attribute(name)
        if found.name.lower() in PASSWORDS:
            raise InvalidValueError(f"{name} is written by set_password or change_password only", attributes=(name,))
        if found.name.lower() == OBJECT_CLASS or not found.user_modifiable:
            raise InvalidValueError(f"{name} cannot be written", attributes=(name,))
        return found


class Backlinks(Enum):
    """Whether the server may keep the other side of references by itself, as OpenLDAP's memberof overlay does."""

    NONE = "none"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of the target before anything is written to it."""

    types: Mapping[ObjectType, TypeRules]
    anchor: AttributeDefinition
    anchor_form: AnchorForm
    bases: tuple[str, ...]
    backlinks: Backlinks
    kind: ServerKind
    protection: Protection
    max_request_bytes: int

    @property
    def most_value_bytes(self) -> int:
        """In one modify request of many values; the rest is for names and lengths."""
        return max(self.max_request_bytes // 2, self.max_request_bytes - _AROUND_VALUES)

    def rules(self, object_type: ObjectType) -> TypeRules:
        found = self.types.get(object_type)
        if found is None:
            raise InvalidValueError(f"object type {object_type} is not configured; known: {', '.join(self.types)}")
        return found

    def type_of(self, name: str) -> ObjectType:
        """Of the entry with that DN, as far as a DN tells: by base, then by naming attribute, then the nearest base."""
        try:
            key = dn.key(name)
        except dn.DnError:
            return OUT_OF_SCOPE
        naming = key.partition("=")[0]
        holding = [
            (rules, max(len(each) for each in rules.base_keys if dn.is_under(key, each)))
            for rules in self.types.values()
            if any(dn.is_under(key, each) for each in rules.base_keys)
        ]
        fits = [each for each in holding if each[0].settings.naming_attribute.lower() == naming] or holding
        return max(fits, key=lambda each: each[1])[0].name if fits else OUT_OF_SCOPE

    def has_base_in(self, parent: str) -> bool:
        """Whether a base lies directly below the parent: then a child of it may be the base, of whatever type."""
        try:
            key = dn.key(parent)
        except dn.DnError:
            return True
        return any(dn.is_child(each, key) for rules in self.types.values() for each in rules.base_keys)
