"""From deltas to the changes of modify requests, and how these are parted. Pure; called by `plans.update`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, assert_never

from adapters.ldap import values
from adapters.ldap.account_flags import Held
from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.directory import TypeRules
from adapters.ldap.encoding import Change
from adapters.ldap.stored_references import Referred
from adapters.ldap.translate import encode, state_in
from bridge.sdk import AttributeDelta, DeltaKind, ObjectRef, Value

Modification = tuple[Change, AttributeDefinition, Sequence[bytes]]

AT_ONCE: Final = 1_000
"""Values in one request. Servers keep a request's values in one transaction; Active Directory takes 5,000."""

_CHANGES: Final = {
    DeltaKind.ADD: Change.ADD,
    DeltaKind.REMOVE: Change.DELETE,
    DeltaKind.REPLACE: Change.REPLACE,
}


def reads(rules: TypeRules, deltas: Sequence[AttributeDelta]) -> list[str]:
    """The attributes on which it depends what is to be sent."""
    wanted: list[str] = []
    for delta in deltas:
        flag = rules.flags.get(delta.attribute)
        if flag is not None:
            wanted.extend(flag.reads)
        elif is_long_replacement(delta):
            wanted.append(values.wire_name(rules.writable(delta.attribute)))
    return wanted


def touched(rules: TypeRules, deltas: Sequence[AttributeDelta]) -> list[str]:
    """The attributes that the deltas are about."""
    plain = [values.wire_name(rules.writable(each.attribute)) for each in deltas if each.attribute not in rules.flags]
    return list(dict.fromkeys((*plain, *reads(rules, deltas))))


def is_long_replacement(delta: AttributeDelta) -> bool:
    """Whether it is brought about by additions and removals: in parts there is no replacing."""
    return delta.kind is DeltaKind.REPLACE and len(delta.values) > AT_ONCE


def modifications(
    rules: TypeRules, deltas: Sequence[AttributeDelta], referred: Referred, entry: Entry | None
) -> list[Modification]:
    """The changes, in the order of the deltas. The entry is needed where `reads` names attributes."""
    changes: list[Modification] = []
    for delta in deltas:
        if delta.attribute in rules.flags:
            changes.extend(_flag_changes(rules, delta, entry))
            continue
        definition = rules.writable(delta.attribute)
        contents = [
            encode(rules, definition, value, referred) for value in delta.values if not _is_gone(delta, value, referred)
        ]
        if is_long_replacement(delta) and entry is not None:
            changes.extend(_difference(entry, definition, contents))
        elif contents or delta.kind is DeltaKind.REPLACE:
            changes.append((_CHANGES[delta.kind], definition, contents or _left(rules, definition)))
    return changes


def _left(rules: TypeRules, attribute: AttributeDefinition) -> Sequence[bytes]:
    """What a cleared attribute holds."""
    placeholder = rules.kept_filled(attribute)
    return [] if placeholder is None else [placeholder.content]


def _flag_changes(rules: TypeRules, delta: AttributeDelta, entry: Entry | None) -> Iterator[Modification]:
    wanted = state_in(delta.attribute, delta.values)
    for change, name, contents in rules.flags[delta.attribute].changes(wanted, _lowered(entry)):
        yield change, rules.kept_for_flags[name.lower()], contents


def _lowered(entry: Entry | None) -> Held:
    return {name.lower(): contents for name, contents in entry.attributes.items()} if entry else {}


def _is_gone(delta: AttributeDelta, value: Value, referred: Referred) -> bool:
    """Whether this is the removal of a reference to what is not there: nothing to remove."""
    return delta.kind is DeltaKind.REMOVE and isinstance(value, ObjectRef) and value not in referred


def _difference(entry: Entry, attribute: AttributeDefinition, contents: Sequence[bytes]) -> Iterator[Modification]:
    """Additions first: an attribute that must not be empty never is."""
    wanted = {values.matching_key(attribute, each): each for each in contents}
    held = held_in(entry, attribute)
    added = [each for key, each in wanted.items() if key not in held]
    removed = [each for key, each in held.items() if key not in wanted]
    if added:
        yield Change.ADD, attribute, added
    if removed:
        yield Change.DELETE, attribute, removed


def reduced(changes: Sequence[Modification], entry: Entry) -> list[Modification]:
    """The same changes without the values that are there, or gone, already: LDAP refuses those (results 20 and 16)."""
    left: list[Modification] = []
    present: dict[AttributeDefinition, dict[object, bytes]] = {}
    for change, definition, contents in changes:
        held = present.setdefault(definition, held_in(entry, definition))
        wanted = {values.matching_key(definition, each): each for each in contents}
        needed, present[definition] = _fitted(change, wanted, held)
        if needed or change is Change.REPLACE:
            left.append((change, definition, list(needed.values())))
    return left


def _fitted(
    change: Change, wanted: Mapping[object, bytes], held: Mapping[object, bytes]
) -> tuple[Mapping[object, bytes], dict[object, bytes]]:
    """The values that still have to be sent, and what the attribute holds after that."""
    match change:
        case Change.REPLACE:
            return wanted, dict(wanted)
        case Change.ADD:
            return {key: each for key, each in wanted.items() if key not in held}, {**wanted, **held}
        case Change.DELETE:
            # As they are held: to a name that has a UID, the name alone is another value.
            gone = {key: held[key] for key in wanted if key in held}
            return gone, {key: each for key, each in held.items() if key not in wanted}
    assert_never(change)


def held_in(entry: Entry, attribute: AttributeDefinition) -> dict[object, bytes]:
    """The values of an attribute by their keys."""
    names = {each.lower() for each in (*attribute.names, attribute.oid)}
    return {
        values.matching_key(attribute, content): content
        for name, contents in entry.attributes.items()
        if name.lower().removesuffix(";binary") in names
        for content in contents
    }


def filled(rules: TypeRules, changes: Sequence[Modification]) -> list[Modification]:
    """The same changes, and the placeholder where they take away what the class demands."""
    emptied = dict.fromkeys(each for change, each, _ in changes if change is Change.DELETE)
    placed: list[Modification] = []
    for definition in emptied:
        placeholder = rules.kept_filled(definition)
        if placeholder is not None:
            placed.append((Change.ADD, definition, [placeholder.content]))
    return [*changes, *placed]


def parts(changes: Iterable[Modification], most_bytes: int) -> list[list[Modification]]:
    """Changes that go into one request each, in order; each can be sent again as it is, with `reduced`."""
    found: list[list[Modification]] = [[]]
    count = size = 0
    for change, definition, contents in changes:
        if change is Change.REPLACE:
            found[-1].append((change, definition, contents))
            continue
        for part in _pieces(contents, most_bytes):
            weight = sum(len(each) for each in part)
            if found[-1] and (count + len(part) > AT_ONCE or size + weight > most_bytes):
                found.append([])
                count = size = 0
            found[-1].append((change, definition, part))
            count, size = count + len(part), size + weight
    return found


def _pieces(contents: Sequence[bytes], most_bytes: int) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    for content in contents:
        if piece and (len(piece) == AT_ONCE or size + len(content) > most_bytes):
            yield piece
            piece, size = [], 0
        piece.append(content)
        size += len(content)
    if piece:
        yield piece
