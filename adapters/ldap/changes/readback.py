"""What became of touched entries: each is read by its anchor, whole, or told as deleted. Called by `tracking`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adapters.ldap import conditions, translate
from adapters.ldap.changes.reading import types_by_class
from adapters.ldap.changes.source import Ground
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import OBJECT_CLASS, TypeRules
from adapters.ldap.encoding import Scope, search
from adapters.ldap.errors import NO_SUCH_OBJECT, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, elsewhere, is_anchor, is_type, no_base
from adapters.ldap.reading import read_objects
from bridge.sdk import (
    Anchor,
    ChangePage,
    DeletedObject,
    ObjectType,
    TargetObject,
    UnknownObjectError,
)

TOGETHER: Final = 100
"""Anchors that one search looks for: some servers take long filters slowly."""


def read_back(ground: Ground, touched: Mapping[Anchor, Sequence[ObjectType]], page_size: int) -> Iterator[ChangePage]:
    anchors = list(touched)
    size = min(page_size, TOGETHER)
    for start in range(0, len(anchors), size):
        asked = anchors[start : start + size]
        present = ground.run(_present(ground.known, asked))
        gone = [each for anchor in asked for each in _gone(ground.known, anchor, touched[anchor], present)]
        # First, so that what is of another type now is told as present last.
        yield ChangePage([*gone, *present.values()])


def _gone(
    known: Known, anchor: Anchor, types: Sequence[ObjectType], present: Mapping[tuple[ObjectType, Anchor], TargetObject]
) -> Iterator[DeletedObject]:
    """Of each type that the entry may have been of and is not now."""
    directory = known.directory
    if not types:
        shown = [value for name in directory.types if (each := present.get((name, anchor))) for value in _classes(each)]
        types = types_by_class(directory, shown) if shown else tuple(directory.types)
    return (DeletedObject(each, anchor) for each in types if (each, anchor) not in present)


def _classes(found: TargetObject) -> Iterator[str]:
    return (str(value) for name, values in found.attributes.items() if name.lower() == OBJECT_CLASS for value in values)


def _present(known: Known, anchors: Sequence[Anchor]) -> Plan[dict[tuple[ObjectType, Anchor], TargetObject]]:
    """Those that are objects in scope."""
    directory = known.directory
    any_of = conditions.any_of(is_anchor(directory, each) for each in anchors)
    places = [(rules, base) for rules in directory.types.values() for base in rules.settings.bases]
    answers = yield [
        search(
            base,
            Scope.SUBTREE,
            conditions.all_of((is_type(rules), any_of)),
            translate.read_attributes(rules, directory),
            limit=len(anchors),
        )
        for rules, base in places
    ]
    found: dict[tuple[ObjectType, Anchor], TargetObject] = {}
    for (rules, base), answer in zip(places, answers, strict=True):
        objects = yield from _objects(known, rules, _entries(rules, base, answer))
        found.update({(rules.name, each.anchor): each for each in objects})
    return found


def _objects(known: Known, rules: TypeRules, entries: Sequence[Entry]) -> Plan[Sequence[TargetObject]]:
    """Without those that go away while the rest of their values is read."""
    wanted = translate.read_attributes(rules, known.directory)
    try:
        return (yield from read_objects(known, rules, entries, wanted))
    except UnknownObjectError:
        if len(entries) == 1:
            return []
    objects: list[TargetObject] = []
    for entry in entries:
        objects += yield from _objects(known, rules, [entry])
    return objects


def _entries(rules: TypeRules, base: str, answer: Response) -> Sequence[Entry]:
    if answer.code == NO_SUCH_OBJECT:
        raise no_base(rules, base)
    if answer.code != SUCCESS:
        raise result_error(answer, None, f"changed objects of {rules.name}")
    if answer.references:
        raise elsewhere(f"changed objects of {rules.name} below {base}")
    return answer.entries
