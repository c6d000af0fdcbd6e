"""Between the bridge's words and LDAP's: names, attributes, deltas, entries. Pure; called by `plans`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, assert_never

from adapters.ldap import dn, values
from adapters.ldap.account_status import State
from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.encoding import Change
from adapters.ldap.schema import PASSWORDS, Directory, TypeRules
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
        inside = is_in_scope(rules, name)
    except dn.DnError as error:
        raise InvalidValueError(f"{name!r} is not a DN: {error}", attributes=("name",)) from error
    if not inside:
        raise InvalidValueError(
            f"{name} lies outside {rules.settings.base}, the base of {rules.name}", attributes=("name",)
        )
    return name


def is_in_scope(rules: TypeRules, name: str) -> bool:
    """Whether the DN lies where objects of the type may be."""
    key = dn.key(name)
    return dn.is_under(key, rules.base_key) and key != rules.base_key


def references_in(attributes: Iterable[Values]) -> Iterator[ObjectRef]:
    """Every reference among the values."""
    return (value for listed in attributes for value in listed if isinstance(value, ObjectRef))


def new_entry(rules: TypeRules, name: str, attributes: Attributes, dns: Dns) -> list[tuple[str, Sequence[bytes]]]:
    """The attributes of an add request: what was asked for, the object classes, the naming values of the DN."""
    settings = rules.settings
    entry: list[tuple[str, Sequence[bytes]]] = [
        ("objectClass", [each.encode() for each in (settings.structural_class, *settings.auxiliary_classes)])
    ]
    contents = _status_of_new(rules, attributes.get(ENABLED, ()))
    for attribute, listed in attributes.items():
        if attribute == ENABLED and rules.status is not None:
            continue
        definition = rules.writable(attribute)
        if definition in contents:
            raise InvalidValueError(f"{definition.name} is given twice", attributes=(attribute,))
        contents[definition] = _distinct(definition, [_encode(definition, value, dns) for value in listed])
    _add_naming(rules, name, contents)
    entry.extend((values.wire_name(each), found) for each, found in contents.items() if found)
    return entry


def _status_of_new(rules: TypeRules, listed: Values) -> dict[AttributeDefinition, list[bytes]]:
    if rules.status is None or rules.enabled_by is None:
        return {}
    return {rules.enabled_by: list(rules.status.at_create(_state(listed) if listed else None))}


def _distinct(definition: AttributeDefinition, contents: list[bytes]) -> list[bytes]:
    """Each value once: LDAP refuses an entry with two that its matching rule calls equal."""
    if len(contents) < 2:  # noqa: PLR2004 - fewer cannot repeat
        return contents
    return list({values.matching_key(definition, each): each for each in reversed(contents)}.values())[::-1]


def _add_naming(rules: TypeRules, name: str, contents: dict[AttributeDefinition, list[bytes]]) -> None:
    for ava in dn.rdn_of(name):
        definition = rules.attribute(ava.type)
        held = contents.setdefault(definition, [])
        wanted = values.matching_key(definition, ava.value)
        if all(values.matching_key(definition, each) != wanted for each in held):
            held.append(ava.value)


def modifications(
    rules: TypeRules, deltas: Sequence[AttributeDelta], dns: Dns, entry: Entry | None
) -> list[Modification]:
    """The changes of a modify request, in the order of the deltas. The entry is needed where `enabled` is changed."""
    changes: list[Modification] = []
    for delta in deltas:
        if changes_status(rules, delta):
            changes.extend(_status_changes(rules, _state(delta.values), entry))
            continue
        definition = rules.writable(delta.attribute)
        contents = [_encode(definition, value, dns) for value in delta.values if not _is_gone(delta, value, dns)]
        if contents or delta.kind is DeltaKind.REPLACE:
            changes.append((_CHANGES[delta.kind], definition, contents))
    return changes


def changes_status(rules: TypeRules, delta: AttributeDelta) -> bool:
    return delta.attribute == ENABLED and rules.status is not None


def _status_changes(rules: TypeRules, wanted: State, entry: Entry | None) -> Iterator[Modification]:
    assert rules.status is not None  # noqa: S101 - the caller has looked
    assert rules.enabled_by is not None  # noqa: S101 - set where there is a status
    held = {name.lower(): contents for name, contents in entry.attributes.items()} if entry else {}
    for change, contents in rules.status.changes(wanted, held):
        yield change, rules.enabled_by, contents


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
    takes_references = values.type_of(definition) is AttributeType.REFERENCE
    if isinstance(value, ObjectRef) and takes_references:
        return values.encode(definition, dns[value])
    if takes_references:
        raise InvalidValueError(f"{definition.name} takes references", attributes=(definition.name,))
    return values.encode(definition, value)


def _state(listed: Values) -> State:
    if len(listed) != 1 or not isinstance(listed[0], bool):
        raise InvalidValueError(f"{ENABLED} takes true or false", attributes=(ENABLED,))
    return State(listed[0])


def read_attributes(rules: TypeRules, directory: Directory) -> list[str]:
    """What a read asks for: all user attributes, and the operational ones that the bridge needs."""
    wanted = ["*", directory.anchor.name, directory.kind.version]
    if rules.enabled_by is not None:
        wanted.append(rules.enabled_by.name)
    return wanted


def to_object(directory: Directory, rules: TypeRules, entry: Entry) -> TargetObject:
    """The object that an entry is. ConfigurationError if the account may not read what identifies it."""
    raw = {name.lower(): contents for name, contents in entry.attributes.items()}
    attributes = dict(_decoded(directory, rules, raw))
    if rules.status is not None:
        attributes[ENABLED] = (rules.status.state(raw).value,)
    version = raw.get(directory.kind.version.lower())
    return TargetObject(
        rules.name,
        anchor_in(directory, entry),
        Name(entry.dn),
        attributes,
        version[0].decode("utf-8", "replace") if version else None,
    )


def anchor_in(directory: Directory, entry: Entry) -> Anchor:
    found = _contents_of(entry, directory.anchor.name)
    if not found:
        raise ConfigurationError(f"{entry.dn} shows no {directory.anchor.name}; let the account read it")
    return Anchor(directory.anchor_form.to_text(found[0]))


def _contents_of(entry: Entry, attribute: str) -> Sequence[bytes]:
    return next((each for name, each in entry.attributes.items() if name.lower() == attribute.lower()), ())


def _decoded(
    directory: Directory, rules: TypeRules, raw: Mapping[str, Sequence[bytes]]
) -> Iterator[tuple[str, Values]]:
    for name, contents in raw.items():
        definition = rules.attributes.get(name.removesuffix(";binary"))
        if definition is None or definition.name.lower() in PASSWORDS or not contents:
            continue
        yield definition.name, tuple(_value(directory, definition, content) for content in contents)


def _value(directory: Directory, definition: AttributeDefinition, content: bytes) -> Value:
    value = values.decode(definition, content)
    if values.type_of(definition) is AttributeType.REFERENCE and isinstance(value, str) and value:
        return ObjectRef(directory.type_of(value), name=Name(value))
    return value
