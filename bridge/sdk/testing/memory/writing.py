"""What each verb does to the objects: all of it or nothing. Called by `store`, under its lock."""

from __future__ import annotations

from typing import assert_never

from bridge.sdk import (
    AlreadyExistsError,
    Applied,
    Attempt,
    AttributeDelta,
    Attributes,
    AttributeSchema,
    ChangePassword,
    Create,
    Delete,
    InvalidValueError,
    Name,
    NotReadyError,
    ObjectRef,
    PasswordRejectedError,
    PreconditionError,
    Rename,
    Secret,
    SetPassword,
    Success,
    Unchanged,
    UnknownObjectError,
    Update,
    Value,
    Values,
)
from bridge.sdk.testing.memory.entry import Entry
from bridge.sdk.testing.memory.objects import Objects
from bridge.sdk.testing.memory.values import (
    attribute_schema,
    changed,
    check_name,
    check_values,
    object_type_schema,
    sealed,
)


class Writing:
    def __init__(self, objects: Objects, minimum_password_length: int) -> None:
        self._objects = objects
        self._minimum_password_length = minimum_password_length

    def carry_out(self, attempt: Attempt) -> Success:
        target = attempt.operation.target
        match attempt.operation.body:
            case Create(attributes):
                return self._create(target, attributes)
            case Update(deltas):
                return self._update(self._addressed(attempt), deltas)
            case Delete():
                return self._delete(attempt)
            case Rename(new_name):
                return self._rename(self._addressed(attempt), new_name)
            case SetPassword(password):
                return self._set_password(self._addressed(attempt), password)
            case ChangePassword(old, new):
                return self._change_password(self._addressed(attempt), old, new)
            case never:
                assert_never(never)

    def _addressed(self, attempt: Attempt) -> Entry:
        """The object that a change is of, in the state that the change was made for."""
        target = attempt.operation.target
        entry = self._objects.find(target)
        if entry is None:
            raise UnknownObjectError(f"{target} is not there")
        if attempt.conditional:
            seen = attempt.observed
            if seen is None or (seen.anchor, seen.version) != (entry.anchor, str(entry.version)):
                raise PreconditionError(f"{target} is no longer as it was read")
        return entry

    def _create(self, target: ObjectRef, attributes: Attributes) -> Success:
        described = object_type_schema(target.object_type)
        if target.name is None:
            raise InvalidValueError(f"a create of a {target.object_type} needs a name")
        check_name(target.name)
        existing = self._objects.by_name(target.object_type, target.name)
        if existing is not None:
            raise AlreadyExistsError(f"{target} is there already", anchor=existing.anchor)
        entry = Entry(target.object_type, self._objects.new_anchor(), target.name)
        for name, values in attributes.items():
            kept = self._kept(entry, attribute_schema(described, name), values)
            if kept:
                entry.attributes[name] = kept
        self._objects.keep(entry)
        return Applied(entry.anchor, entry.name)

    def _update(self, entry: Entry, deltas: tuple[AttributeDelta, ...]) -> Success:
        after = self._after(entry, deltas)
        if all(entry.attributes.get(name, ()) == values for name, values in after.items()):
            return Unchanged(entry.anchor, entry.name)
        entry.attributes = {name: values for name, values in (entry.attributes | after).items() if values}
        return self._changed(entry)

    def _after(self, entry: Entry, deltas: tuple[AttributeDelta, ...]) -> dict[str, Values]:
        described = object_type_schema(entry.object_type)
        after: dict[str, Values] = {}
        for delta in deltas:
            attribute = attribute_schema(described, delta.attribute)
            before = after.get(delta.attribute, entry.attributes.get(delta.attribute, ()))
            values = self._kept(entry, attribute, delta.values)
            after[delta.attribute] = changed(attribute, before, delta.kind, values)
        return after

    def _rename(self, entry: Entry, new_name: Name) -> Success:
        check_name(new_name)
        other = self._objects.by_name(entry.object_type, new_name)
        if other is entry:
            return Unchanged(entry.anchor, entry.name)
        if other is not None:
            raise AlreadyExistsError(f"{entry.object_type} {new_name} is there already", anchor=other.anchor)
        self._objects.rename(entry, new_name)
        return Applied(entry.anchor, entry.name)

    def _delete(self, attempt: Attempt) -> Success:
        if self._objects.find(attempt.operation.target) is None:
            return Unchanged(attempt.operation.target.anchor)
        entry = self._addressed(attempt)
        self._objects.remove(entry)
        return Applied(entry.anchor)

    def _set_password(self, entry: Entry, password: Secret) -> Success:
        shortest = self._minimum_password_length
        if len(password.reveal()) < shortest:
            raise PasswordRejectedError(f"the password is shorter than {shortest} characters")
        entry.password = sealed(entry.anchor, password)
        return self._changed(entry)

    def _change_password(self, entry: Entry, old: Secret, new: Secret) -> Success:
        if entry.password != sealed(entry.anchor, old):
            raise PasswordRejectedError("the old password is wrong")
        return self._set_password(entry, new)

    def _kept(self, entry: Entry, attribute: AttributeSchema, values: Values) -> Values:
        """The values in the form in which an entry holds them."""
        check_values(attribute, values)
        if attribute.references:
            values = tuple(self._anchor_of(attribute, each) for each in values)
        elif attribute.sensitive:
            values = tuple(sealed(entry.anchor, each) for each in values)
        return tuple(dict.fromkeys(values)) if len(values) > 1 else values

    def _anchor_of(self, attribute: AttributeSchema, reference: Value) -> Value:
        if not isinstance(reference, ObjectRef):
            raise TypeError("check_values lets only references through")
        entry = self._objects.find(reference)
        if entry is None:
            why = f"attribute {attribute.name}: {reference} is not there yet"
            raise NotReadyError(why, waits_for=reference, attributes=(attribute.name,))
        return entry.anchor

    def _changed(self, entry: Entry) -> Applied:
        self._objects.changed(entry)
        return Applied(entry.anchor, entry.name)
