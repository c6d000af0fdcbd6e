"""From an attempt to the change of tables that it asks for. Pure; called by `writer.py` before the transaction.

Everything that can be refused without asking the database is refused here: unknown attributes, wrong types, values
too long, required ones missing.
"""

from __future__ import annotations

import uuid
from typing import Final, assert_never

from adapters.sql.change import Change, Clear, RowReference, Setting, TableChange
from adapters.sql.codec import Codec
from adapters.sql.config import NewAnchor
from adapters.sql.layout import NAME_BIND, ColumnPlace, Layouts, ObjectLayout, TablePlace
from adapters.sql.passwords import hashed
from bridge.sdk import (
    Attempt,
    AttributeDelta,
    Attributes,
    ChangePassword,
    Create,
    Delete,
    DeltaKind,
    InvalidValueError,
    Mutability,
    Name,
    ObjectRef,
    ObjectType,
    Rename,
    Secret,
    SetPassword,
    UnsupportedError,
    Update,
    Values,
)

PASSWORD_BIND: Final = "bound_hash"  # noqa: S105 - the name of a bind parameter


def change_of(attempt: Attempt, layouts: Layouts) -> Change:
    """InvalidValueError or UnsupportedError if it cannot be done whatever the database holds."""
    operation = attempt.operation
    change = Change(attempt, layout_of(layouts, operation.target.object_type))
    match operation.body:
        case Create(attributes):
            _create(change, attributes)
        case Update(deltas):
            _update(change, deltas)
        case Rename(new_name):
            _rename(change, new_name)
        case SetPassword(password):
            _set_password(change, password)
        case ChangePassword(new=password):
            _set_password(change, password)
        case Delete():
            pass
        case _:
            assert_never(operation.body)
    _check_anchors(change, layouts)
    return change


def _check_anchors(change: Change, layouts: Layouts) -> None:
    """Else a mistyped anchor would look like one whose object is gone, or is not there yet."""
    refs = [("anchor", change.target), *((each.attribute, each.ref) for each in change.references)]
    refs += [(table.place.attribute, each) for table in change.tables for each in table.references]
    for attribute, ref in refs:
        if ref.anchor is not None:
            layouts[ref.object_type].anchor.check(ref.anchor, attribute)


def layout_of(layouts: Layouts, object_type: ObjectType) -> ObjectLayout:
    layout = layouts.get(object_type)
    if layout is None:
        raise UnsupportedError(f"there is no object type {object_type!r}; there are {', '.join(layouts)}")
    return layout


def encoded_name(layout: ObjectLayout, name: Name) -> object:
    return _encode(layout.name.codec, name, "name")


def _create(change: Change, attributes: Attributes) -> None:
    layout = change.layout
    name = change.target.name
    if name is None:
        raise InvalidValueError(f"a new object of type {layout.object_type} needs a name", attributes=("name",))
    change.row[NAME_BIND] = encoded_name(layout, name)
    settings: list[str] = []
    for attribute, values in attributes.items():
        table = layout.tables.get(attribute)
        if table is not None:
            if values:
                change.tables.append(_table_change(table, DeltaKind.ADD, values))
            continue
        place = _column(layout, attribute)
        if change.action is not None and attribute not in change.action.attributes:
            raise _invalid(attribute, f"is not taken by {change.action.where}, which has no such parameter")
        _set(change, place, values)
        settings.append(attribute)
    if not layout.required <= attributes.keys():
        raise _missing(min(layout.required - attributes.keys()))
    if layout.new_anchor is NewAnchor.UUID:
        _make_anchor(change)
    # One order for all, so that the same attributes in another order are the same statement.
    change.settings = tuple(sorted(settings))


def _make_anchor(change: Change) -> None:
    for bind, codec in zip(change.layout.anchor_binds, change.layout.anchor.codecs, strict=True):
        if bind not in change.row:
            change.row[bind] = codec.encode(str(uuid.uuid4()))


def _update(change: Change, deltas: tuple[AttributeDelta, ...]) -> None:
    settings: dict[str, Setting] = {}
    for delta in deltas:
        table = change.layout.tables.get(delta.attribute)
        if table is not None:
            change.tables.append(_table_change(table, delta.kind, delta.values))
        else:
            place = _column(change.layout, delta.attribute)
            if place.mutability is not Mutability.READ_WRITE:
                raise _invalid(delta.attribute, "is set when the object is created, and not changed")
            if delta.values or delta.kind is DeltaKind.REPLACE:
                settings[delta.attribute] = _setting(change, place, delta, settings.get(delta.attribute))
    change.settings = tuple(settings[each] for each in sorted(settings))


def _setting(change: Change, place: ColumnPlace, delta: AttributeDelta, before: Setting | None) -> Setting:
    if delta.kind is not DeltaKind.REMOVE:
        _set(change, place, delta.values)
        return place.attribute
    if before is not None:
        raise _invalid(place.attribute, "has one value and is changed twice in one update")
    return _clear(change, place, delta.values)


def _clear(change: Change, place: ColumnPlace, values: Values) -> Clear:
    for number, value in enumerate(values):
        bind = f"{place.bind}_{number}"
        if place.references is not None:
            change.references.append(_row_reference(bind, place, value, DeltaKind.REMOVE))
        else:
            change.row[bind] = _encode(place.codec, value, place.attribute)
    return Clear(place.attribute, len(values))


def _rename(change: Change, new_name: Name) -> None:
    if change.layout.name_is_key:
        raise UnsupportedError(f"the name of type {change.layout.object_type} is its anchor, which never changes")
    change.row[NAME_BIND] = encoded_name(change.layout, new_name)


def _set_password(change: Change, password: Secret) -> None:
    if change.action is not None:
        # It stays sealed until the statement is sent.
        return
    place = change.layout.password
    if place is None:
        object_type = change.layout.object_type
        raise UnsupportedError(f"type {object_type} has no password; see object_types.{object_type}.password")
    change.row[PASSWORD_BIND] = hashed(password, place.scheme)


def _column(layout: ObjectLayout, attribute: str) -> ColumnPlace:
    place = layout.columns.get(attribute)
    if place is None:
        raise _invalid(attribute, f"is no attribute of {layout.object_type}")
    if place.mutability is Mutability.READ_ONLY:
        raise _invalid(attribute, "is made by the database and cannot be written")
    return place


def _set(change: Change, place: ColumnPlace, values: Values) -> None:
    if len(values) > 1:
        raise _invalid(place.attribute, f"has one value, not {len(values)}")
    if not values:
        if not place.nullable:
            raise _missing(place.attribute)
        change.row[place.bind] = None
    elif place.references is not None:
        change.references.append(_row_reference(place.bind, place, values[0], DeltaKind.REPLACE))
    else:
        change.row[place.bind] = _encode(place.codec, values[0], place.attribute)


def _table_change(place: TablePlace, kind: DeltaKind, values: Values) -> TableChange:
    # Values are a set: the same one twice is one.
    distinct = dict.fromkeys(values)
    if place.references is not None:
        return TableChange(place, kind, references=[_reference(place, each) for each in distinct])
    return TableChange(place, kind, values=[_encode(place.codec, each, place.attribute) for each in distinct])


def _row_reference(bind: str, place: ColumnPlace, value: object, kind: DeltaKind) -> RowReference:
    return RowReference(bind, place.attribute, _reference(place, value), kind)


def _reference(place: ColumnPlace | TablePlace, value: object) -> ObjectRef:
    if not isinstance(value, ObjectRef) or value.object_type != place.references:
        raise _invalid(place.attribute, f"needs a reference to an object of type {place.references}")
    return value


def _encode(codec: Codec, value: object, attribute: str) -> object:
    try:
        return codec.encode(value)
    except ValueError as error:
        raise _invalid(attribute, str(error)) from None


def _invalid(attribute: str, reason: str) -> InvalidValueError:
    return InvalidValueError(f"{attribute!r} {reason}", attributes=(attribute,))


def _missing(attribute: str) -> InvalidValueError:
    return _invalid(attribute, "is required and needs a value")
