"""Whether a write in doubt took effect, told from the object as it is now. Pure.

Called by the confirm after it has read the target back. Where the object cannot tell, the answer is CONFLICT and a
person decides, unless a second effect is no different from one (a password set again by an administrator).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import assert_never

from bridge.model.attributes import Attributes, DeltaKind, Value, Values
from bridge.model.identity import Name, ObjectRef, unescaped
from bridge.model.objects import TargetObject
from bridge.model.operations import (
    ChangePassword,
    Create,
    Delete,
    Operation,
    Rename,
    SetPassword,
    Update,
)
from bridge.model.schema import AttributeSchema
from bridge.model.secrets import Secret

Known = Mapping[str, AttributeSchema]


class Verdict(Enum):
    APPLIED = "applied"
    ABSENT = "absent"
    """Not applied: it may be sent again."""
    GONE = "gone"
    """There is no such object to write to."""
    CONFLICT = "conflict"
    """Something else is there, or nothing can be told."""


def judge(operation: Operation, observed: TargetObject | None, known: Known) -> Verdict:
    """`observed` is the object that the operation is about (after a rename: by anchor, or by either name)."""
    match operation.body:
        case Create(attributes):
            return _created(attributes, observed, known)
        case Delete():
            return Verdict.APPLIED if observed is None else Verdict.ABSENT
    if observed is None:
        return Verdict.GONE
    match operation.body:
        case Update(deltas):
            satisfied = all(_satisfied(d.kind, d.values, observed, d.attribute, known) for d in deltas)
            return Verdict.APPLIED if satisfied else Verdict.ABSENT
        case Rename(new_name):
            return _renamed(operation.target, new_name, observed)
        case SetPassword():
            return Verdict.ABSENT
        case ChangePassword():
            return Verdict.CONFLICT
    assert_never(operation.body)


def _created(attributes: Attributes, observed: TargetObject | None, known: Known) -> Verdict:
    if observed is None:
        return Verdict.ABSENT
    same = all(
        _satisfied(DeltaKind.REPLACE, values, observed, name, known)
        for name, values in attributes.items()
        if not _unreadable(name, values, known)
    )
    return Verdict.APPLIED if same else Verdict.CONFLICT


def _renamed(target: ObjectRef, new_name: Name, observed: TargetObject) -> Verdict:
    if observed.name == new_name:
        return Verdict.APPLIED
    if target.name is None or observed.name.casefold() == target.name.casefold():
        return Verdict.ABSENT
    # A case-only difference is a rename too, so equal but for case means that it has not happened yet.
    return Verdict.ABSENT if observed.name.casefold() == new_name.casefold() else Verdict.CONFLICT


def _unreadable(name: str, values: Values, known: Known) -> bool:
    schema = known.get(name)
    return (schema is not None and schema.sensitive) or any(isinstance(value, Secret) for value in values)


def _satisfied(kind: DeltaKind, values: Values, observed: TargetObject, name: str, known: Known) -> bool:
    """An unreadable value never counts as there: its delta is sent again, with the same effect."""
    if _unreadable(name, values, known):
        return False
    schema = known.get(name)
    present = _value_of(observed, name)
    match kind:
        case DeltaKind.ADD:
            return all(_among(value, present, schema) for value in values)
        case DeltaKind.REMOVE:
            # A reference that cannot be compared may be the one that should be gone.
            return not any(_among(value, present, schema) or _is_unclear(value, present) for value in values)
        case DeltaKind.REPLACE:
            return len(present) == len(values) and all(_among(value, present, schema) for value in values)
    assert_never(kind)


def _value_of(observed: TargetObject, name: str) -> Values:
    found = observed.attributes.get(name)
    if found is None:
        # Directories spell attribute names as they like (RFC 4512 §2.5).
        found = next((v for k, v in observed.attributes.items() if k.casefold() == name.casefold()), ())
    return found


def _among(value: Value, present: Values, schema: AttributeSchema | None) -> bool:
    return any(_equal(value, each, case_exact=schema is None or schema.case_exact) for each in present)


def _is_unclear(value: Value, present: Values) -> bool:
    """Whether it is a reference by anchor alone and the target tells names alone, or the other way round."""
    return isinstance(value, ObjectRef) and any(
        isinstance(each, ObjectRef) and not (value.anchor and each.anchor) and not (value.name and each.name)
        for each in present
    )


def _equal(left: Value, right: Value, *, case_exact: bool) -> bool:
    if isinstance(left, ObjectRef) and isinstance(right, ObjectRef):
        if left.anchor and right.anchor:
            return left.anchor == right.anchor
        return bool(left.name and right.name) and _spelling(left.name) == _spelling(right.name)
    if isinstance(left, str) and isinstance(right, str) and not case_exact:
        return left.casefold() == right.casefold()
    return type(left) is type(right) and left == right


def _spelling(name: Name | None) -> str:
    """A directory gives a DN back with other escapes than the caller chose, and seldom tells case apart."""
    return unescaped(name or "").casefold()
