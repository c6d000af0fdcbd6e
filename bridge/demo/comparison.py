"""What was asked against what is there, and what was to be written against what was written. Pure.

Called by `scenario` with what `workload` expects and what a target holds; `report` prints the differences.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Write(NamedTuple):
    """One change of a target, as its own record of changes tells it."""

    object_type: str
    name: str
    what: str
    """Such as "create", or "phone +" with the value."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One object, as it should be or as it is. Values are text, sorted; an attribute without values is left out."""

    object_type: str
    name: str
    attributes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Content:
    """All of a target: its objects, and each write that made them so, as often as it was done."""

    objects: tuple[Holding, ...]
    writes: Counter[Write]


class DifferenceKind(StrEnum):
    LOST = "lost"
    """Asked for, and not there."""
    TWICE = "twice"
    """There more than once."""
    EXTRA = "extra"
    """There, and not asked for."""
    CHANGED = "changed"
    """There with other values."""
    WRITTEN = "written"
    """Written more or less often than asked for, whatever came of it."""


@dataclass(frozen=True, slots=True)
class Difference:
    kind: DifferenceKind
    object_type: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.object_type} {self.name!r}{self.detail and ': '}{self.detail}"


def compare(expected: Content, found: Content) -> list[Difference]:
    """Every difference, none if all is as asked."""
    return [*_objects(expected.objects, found.objects), *_writes(expected.writes, found.writes)]


def _objects(expected: Iterable[Holding], found: Iterable[Holding]) -> Iterator[Difference]:
    there: defaultdict[tuple[str, str], list[Holding]] = defaultdict(list)
    for each in found:
        there[each.object_type, each.name].append(each)
    for each in expected:
        yield from _object(each, there.pop((each.object_type, each.name), []))
    for object_type, name in there:
        yield Difference(DifferenceKind.EXTRA, object_type, name)


def _object(expected: Holding, found: list[Holding]) -> Iterator[Difference]:
    if not found:
        yield Difference(DifferenceKind.LOST, expected.object_type, expected.name)
    if len(found) > 1:
        yield Difference(DifferenceKind.TWICE, expected.object_type, expected.name, f"{len(found)} times")
    for each in found[:1]:
        for attribute in sorted(expected.attributes.keys() | each.attributes.keys()):
            asked, is_there = expected.attributes.get(attribute, ()), each.attributes.get(attribute, ())
            if asked != is_there:
                detail = f"{attribute}: asked {_listed(asked)}, found {_listed(is_there)}"
                yield Difference(DifferenceKind.CHANGED, expected.object_type, expected.name, detail)


def _writes(expected: Counter[Write], found: Counter[Write]) -> Iterator[Difference]:
    for write in sorted(expected.keys() | found.keys()):
        asked, done = expected[write], found[write]
        if asked != done:
            detail = f"{write.what}: asked {asked} times, done {done} times"
            yield Difference(DifferenceKind.WRITTEN, write.object_type, write.name, detail)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(map(repr, values)) or "nothing"
