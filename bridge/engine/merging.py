"""Consecutive changes of one object's values as one call: a thousand new members of a group are one modify. Pure.

Each operation keeps its own intent and its own result. Only changes whose order does not matter are put together, so
one call has the effect that all of them have one after the other. Used by the backlog and the executor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bridge.journal import Entry
from bridge.model.attributes import AttributeDelta, DeltaKind, Value
from bridge.model.operations import Operation, Update

MOST_VALUES = 5_000
"""Values in one call, so that its size stays within what a target takes at once."""


class Group:
    """Operations of one lane that can go as one call."""

    def __init__(self, first: Entry) -> None:
        self._target = first.operation.target
        self._touched = set(_values(first)) if _mergeable(first) else None

    def takes(self, entry: Entry) -> bool:
        """Whether that operation, the next of the lane, can go with those before; if so it is counted in."""
        if self._touched is None or not _mergeable(entry) or entry.operation.target != self._target:
            return False
        values = set(_values(entry))
        if len(self._touched) + len(values) > MOST_VALUES or not values.isdisjoint(self._touched):
            return False  # what is added and removed again depends on the order
        self._touched |= values
        return True


def _mergeable(entry: Entry) -> bool:
    body = entry.operation.body
    return (
        isinstance(body, Update)
        and entry.after is None
        and not entry.secrets_lost
        and all(delta.kind is not DeltaKind.REPLACE for delta in body.deltas)
    )


def _values(entry: Entry) -> Iterator[tuple[str, Value]]:
    body = entry.operation.body
    if isinstance(body, Update):
        yield from ((delta.attribute, value) for delta in body.deltas for value in delta.values)


def merged(entries: Sequence[Entry]) -> Operation:
    """The first operation with the changes of all."""
    first = entries[0].operation
    if len(entries) == 1:
        return first
    values: dict[tuple[str, DeltaKind], list[Value]] = {}
    for entry in entries:
        body = entry.operation.body
        if not isinstance(body, Update):
            raise TypeError("only updates are put together")
        for delta in body.deltas:
            values.setdefault((delta.attribute, delta.kind), []).extend(delta.values)
    deltas = tuple(AttributeDelta(name, kind, tuple(each)) for (name, kind), each in values.items())
    return replace(first, body=Update(deltas))
