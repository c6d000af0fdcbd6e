"""Turns the names in changes into keys, inside the transaction. Called by `writer.py` before anything is written.

A reference to an object that is not there is NotReady and says which; a target that is not there is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence

from adapters.sql.anchors import Key
from adapters.sql.change import Change
from adapters.sql.layout import key_bind
from adapters.sql.lookup import Found, Lookup
from bridge.sdk import (
    AlreadyExistsError,
    AmbiguousObjectError,
    BridgeError,
    DeltaKind,
    NotReadyError,
    ObjectRef,
    OperationId,
    OperationKind,
    Success,
    Unchanged,
    UnknownObjectError,
)

Answer = Success | BridgeError
"""What one operation came to, before the engine's words for it."""

Answers = MutableMapping[OperationId, Answer]


def resolve(changes: Sequence[Change], lookup: Lookup, answers: Answers) -> Sequence[Change]:
    """Fill in keys. Returns the changes that can go on; `answers` takes what became of the others."""
    found = lookup.find(ref for change in changes for ref in _asked(change))
    ready: list[Change] = []
    for change in changes:
        answer = _resolved(change, found)
        if answer is None:
            ready.append(change)
        else:
            answers[change.attempt.operation.id] = answer
    return ready


def _asked(change: Change) -> Iterator[ObjectRef]:
    if _needs_lookup(change):
        yield change.target
    for reference in change.references:
        yield reference.ref
    for table in change.tables:
        yield from table.references


def _needs_lookup(change: Change) -> bool:
    if change.kind is OperationKind.CREATE:
        # Without a unique name the database would take a second object of that name.
        return not change.layout.name_is_unique
    if change.target.anchor is None:
        return True
    # The row count of the statement on the object's own table tells whether it is there; without one, ask.
    return change.kind is OperationKind.UPDATE and not change.settings


def _resolved(change: Change, found: Found) -> Answer | None:
    try:
        if change.kind is OperationKind.CREATE:
            _check_absent(change, found)
        else:
            change.key = _own_key(change, found)
            for number, part in enumerate(change.key):
                change.row[key_bind(number)] = part
        _fill_references(change, found)
    except UnknownObjectError as error:
        return Unchanged() if change.kind is OperationKind.DELETE else error
    except BridgeError as error:
        return error
    return None


def _check_absent(change: Change, found: Found) -> None:
    keys = found.get(change.target, ())
    if keys:
        raise AlreadyExistsError(f"{change.target} already exists", anchor=change.layout.anchor.text(keys[0]))


def _own_key(change: Change, found: Found) -> Key:
    if not _needs_lookup(change) and change.target.anchor is not None:
        key = change.layout.anchor.key(change.target.anchor)
        assert key is not None  # noqa: S101 - translate.py refused it otherwise
        return key
    keys = found[change.target]
    if not keys:
        raise UnknownObjectError(f"there is no {change.target}")
    if len(keys) > 1:
        raise AmbiguousObjectError(f"{len(keys)} rows have the name of {change.target}")
    return keys[0]


def _fill_references(change: Change, found: Found) -> None:
    for each in change.references:
        change.row[each.bind] = _referred(each.ref, each.attribute, each.kind, found)
    for table in change.tables:
        if table.references:
            keys = (_referred(ref, table.place.attribute, table.kind, found) for ref in table.references)
            table.values = [key for key in keys if key is not None]


def _referred(ref: ObjectRef, attribute: str, kind: DeltaKind, found: Found) -> object | None:
    keys = found[ref]
    if not keys and kind is DeltaKind.REMOVE:
        # Nothing refers to an object that is not there.
        return None
    if not keys:
        raise NotReadyError(
            f"{attribute!r} refers to {ref}, which is not there", waits_for=ref, attributes=(attribute,)
        )
    if len(keys) > 1:
        raise AmbiguousObjectError(f"{attribute!r} refers to {ref}; {len(keys)} rows have that name")
    # An object type with an anchor of several columns is not referred to; `binding.py` saw to it.
    return keys[0][0]
