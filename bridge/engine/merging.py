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

MOST_VALUES = 1_000
"""Values in one call, so that a target takes it in one piece: if it is refused, nothing of it was applied."""


class Group:
    """Operations of one lane that can go as one call."""

    def __init__(self, first: Entry) -> None:
        self._first = first.operation
        self._kinds = _kinds(first)
        self._touched = set(_values(first))

    def takes(self, entry: Entry) -> bool:
        """Whether that operation, the next of the lane, can go with those before; if so it is counted in."""
        kinds, values = _kinds(entry), set(_values(entry))
        # What one caller may do is asked once for a call.
        if not (self._kinds and kinds and self._is_alike(entry.operation)):
            return False
        # One value may have two spellings, so what is added and what is removed is never put together.
        if any(self._kinds.get(name, kind) is not kind for name, kind in kinds.items()):
            return False
        if len(self._touched) + len(values) > MOST_VALUES or not values.isdisjoint(self._touched):
            return False
        self._kinds |= kinds
        self._touched |= values
        return True

    def _is_alike(self, operation: Operation) -> bool:
        return operation.target == self._first.target and operation.caller == self._first.caller


def _kinds(entry: Entry) -> dict[str, DeltaKind]:
    """By attribute what an operation that can go with others does to its values; nothing for one that cannot."""
    body = entry.operation.body
    if not isinstance(body, Update) or entry.after is not None or entry.secrets_lost:
        return {}
    kinds = {delta.attribute: delta.kind for delta in body.deltas}
    mixed = any(delta.kind is not kinds[delta.attribute] for delta in body.deltas)
    return {} if mixed or DeltaKind.REPLACE in kinds.values() else kinds


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
