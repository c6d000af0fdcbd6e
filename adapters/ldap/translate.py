"""Between the bridge's words and LDAP's: names, attributes, deltas, entries. Pure; called by `plans`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, assert_never

from adapters.ldap import dn, values
from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.encoding import Change
from adapters.ldap.schema import PASSWORD, Directory, TypeRules
from adapters.ldap.server_kind import OPENLDAP
from bridge.sdk import (
    ENABLED,
    Anchor,
    AttributeDelta,
    Attributes,
    AttributeType,
    ConfigurationError,
    DeltaKind,
    InvalidValueError,
    Name,
    ObjectRef,
    TargetObject,
    Value,
    Values,
)

Dns = Mapping[ObjectRef, str]
"""The DN of each referenced object that was found."""

Modification = tuple[Change, AttributeDefinition, Sequence[bytes]]

_CHANGES: Final = {
    DeltaKind.ADD: Change.ADD,
    DeltaKind.REMOVE: Change.DELETE,
    DeltaKind.REPLACE: Change.REPLACE,
}


def checked_name(rules: TypeRules, name: str | None) -> str:
    """The DN, if it is one and lies where objects of the type may be. InvalidValueError otherwise."""
    if not name:
        raise InvalidValueError(f"{rules.name} needs a name, which is its DN", attributes=("name",))
    try:
        name.encode()
        key = dn.key(name)
    except (dn.DnError, UnicodeEncodeError) as error:
        raise InvalidValueError(f"{name!r} is not a DN: {error}", attributes=("name",)) from error
    if not dn.is_under(key, rules.base_key) or key == rules.base_key:
        raise InvalidValueError(
            f"{name} lies outside {rules.settings.base}, the base of {rules.name}", attributes=("name",)
        )
    return name


def references_in(attributes: Iterable[Values]) -> Iterator[ObjectRef]:
    """Every reference among the values."""
    return (value for listed in attributes for value in listed if isinstance(value, ObjectRef))


def new_entry(rules: TypeRules, name: str, attributes: Attributes, dns: Dns) -> list[tuple[str, Sequence[bytes]]]:
    """The attributes of an add request: what was asked for, the object classes, the naming values of the DN."""
    settings = rules.settings
    entry: list[tuple[str, Sequence[bytes]]] = [
        ("objectClass", [each.encode() for each in (settings.structural_class, *settings.auxiliary_classes)])
    ]
    contents: dict[AttributeDefinition, list[bytes]] = {}
    for attribute, listed in attributes.items():
        if attribute == ENABLED and rules.enabled_by is not None:
            contents[rules.enabled_by] = _enabled_contents(rules, listed)
        else:
            definition = rules.writable(attribute)
            contents[definition] = [_encode(definition, value, dns) for value in listed]
    _add_naming(rules, name, contents)
    entry.extend((values.wire_name(each), found) for each, found in contents.items() if found)
    return entry


def _add_naming(rules: TypeRules, name: str, contents: dict[AttributeDefinition, list[bytes]]) -> None:
    for ava in dn.rdn_of(name):
        definition = rules.attribute(ava.type)
        held = contents.setdefault(definition, [])
        wanted = values.matching_key(definition, ava.value)
        if all(values.matching_key(definition, each) != wanted for each in held):
            held.append(ava.value)


def modifications(rules: TypeRules, deltas: Sequence[AttributeDelta], dns: Dns) -> list[Modification]:
    """The changes of a modify request, in the order of the deltas."""
    changes: list[Modification] = []
    for delta in deltas:
        if delta.attribute == ENABLED and rules.enabled_by is not None:
            changes.append((Change.REPLACE, rules.enabled_by, _enabled_contents(rules, delta.values)))
            continue
        definition = rules.writable(delta.attribute)
        contents = [_encode(definition, value, dns) for value in delta.values if not _is_gone(delta, value, dns)]
        if contents or delta.kind is DeltaKind.REPLACE:
            changes.append((_CHANGES[delta.kind], definition, contents))
    return changes


def _is_gone(delta: AttributeDelta, value: Value, dns: Dns) -> bool:
    """Whether this is the removal of a reference to what is not there: nothing to remove."""
    return delta.kind is DeltaKind.REMOVE and isinstance(value, ObjectRef) and value not in dns


def reduced(changes: Sequence[Modification], entry: Entry) -> list[Modification]:
    """The same changes without the values that are there, or gone, already: LDAP refuses those (results 20 and 16)."""
    left: list[Modification] = []
    held: dict[AttributeDefinition, set[object]] = {}
    for change, definition, contents in changes:
        keys = held.setdefault(definition, _keys_in(entry, definition))
        wanted = {values.matching_key(definition, each): each for each in contents}
        needed, held[definition] = _fitted(change, wanted, keys)
        if needed or change is Change.REPLACE:
            left.append((change, definition, list(needed.values())))
    return left


def _fitted(change: Change, wanted: dict[object, bytes], keys: set[object]) -> tuple[dict[object, bytes], set[object]]:
    """The values that still have to be sent, and what the attribute holds after that."""
    match change:
        case Change.REPLACE:
            return wanted, set(wanted)
        case Change.ADD:
            return {key: each for key, each in wanted.items() if key not in keys}, keys | wanted.keys()
        case Change.DELETE:
            return {key: each for key, each in wanted.items() if key in keys}, keys - wanted.keys()
    assert_never(change)


def _keys_in(entry: Entry, definition: AttributeDefinition) -> set[object]:
    names = {each.lower() for each in (*definition.names, definition.oid)}
    return {
        values.matching_key(definition, content)
        for name, contents in entry.attributes.items()
        if name.lower().removesuffix(";binary") in names
        for content in contents
    }


def _encode(definition: AttributeDefinition, value: Value, dns: Dns) -> bytes:
    if isinstance(value, ObjectRef):
        return values.encode(definition, dns[value])
    if values.type_of(definition) is AttributeType.REFERENCE:
        raise InvalidValueError(f"{definition.name} takes references", attributes=(definition.name,))
    return values.encode(definition, value)


def _enabled_contents(rules: TypeRules, listed: Values) -> list[bytes]:
    settings = rules.settings.enabled
    if settings is None or len(listed) != 1 or not isinstance(listed[0], bool):
        raise InvalidValueError(f"{ENABLED} takes true or false", attributes=(ENABLED,))
    value = settings.enabled_value if listed[0] else settings.disabled_value
    return [] if value is None else [value.encode()]


def read_attributes(rules: TypeRules, directory: Directory) -> list[str]:
    """What a read asks for: all user attributes, and the operational ones that the bridge needs."""
    wanted = ["*", directory.anchor.name, OPENLDAP.version]
    if rules.enabled_by is not None:
        wanted.append(rules.enabled_by.name)
    return wanted


def to_object(directory: Directory, rules: TypeRules, entry: Entry) -> TargetObject:
    """The object that an entry is. ConfigurationError if the account may not read what identifies it."""
    raw = {name.lower(): contents for name, contents in entry.attributes.items()}
    attributes = dict(_decoded(directory, rules, raw))
    if rules.enabled_by is not None:
        attributes[ENABLED] = (_is_enabled(rules, raw.get(rules.enabled_by.name.lower(), ())),)
    return TargetObject(
        rules.name, anchor_in(directory, entry), Name(entry.dn), attributes, _first(raw, OPENLDAP.version)
    )


def anchor_in(directory: Directory, entry: Entry) -> Anchor:
    raw = {name.lower(): contents for name, contents in entry.attributes.items()}
    found = _first(raw, directory.anchor.name)
    if found is None:
        raise ConfigurationError(f"{entry.dn} shows no {directory.anchor.name}; let the account read it")
    return Anchor(found)


def _first(raw: Mapping[str, Sequence[bytes]], attribute: str) -> str | None:
    contents = raw.get(attribute.lower())
    return contents[0].decode("utf-8", "replace") if contents else None


def _decoded(
    directory: Directory, rules: TypeRules, raw: Mapping[str, Sequence[bytes]]
) -> Iterator[tuple[str, Values]]:
    for name, contents in raw.items():
        definition = rules.attributes.get(name.removesuffix(";binary"))
        if definition is None or definition.name.lower() == PASSWORD or not contents:
            continue
        yield definition.name, tuple(_value(directory, definition, content) for content in contents)


def _value(directory: Directory, definition: AttributeDefinition, content: bytes) -> Value:
    value = values.decode(definition, content)
    if values.type_of(definition) is AttributeType.REFERENCE and isinstance(value, str) and value:
        return ObjectRef(directory.type_of(value), name=Name(value))
    return value


def _is_enabled(rules: TypeRules, contents: Sequence[bytes]) -> bool:
    settings = rules.settings.enabled
    return settings is None or settings.disabled_value.encode() not in contents
