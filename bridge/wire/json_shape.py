"""Whether a JSON document has the shape of a protobuf message: FieldError tells which field has not, and what it takes.

Protobuf's own parser gives neither the field's path nor the allowed names, and repeats values. Called by `json`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from bridge.wire.fields import FieldError

_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_LEAST, _MOST = -(2**63), 2**63 - 1
_LONGEST_NAME: Final = 64
"""Of a wrong name so much is repeated."""


class JsonObject(dict[str, object]):
    """A JSON object that remembers a key that stood in it twice."""

    def __init__(self, pairs: Iterable[tuple[str, object]]) -> None:
        given = list(pairs)
        super().__init__(given)
        keys = [key for key, _ in given]
        self.twice = next((key for key in keys if keys.count(key) > 1), None) if len(keys) > len(self) else None


def check_message(document: object, message: Descriptor) -> None:
    """Paths begin at this message, in the names of JSON."""
    if not isinstance(document, JsonObject):
        raise FieldError("", f"is {_kind_of(document)}; give an object with {_members(message)}")
    known = {name: each for each in message.fields for name in (each.json_name, each.name)}
    if document.twice in known:
        raise FieldError(known[document.twice].json_name, "is given twice; give it once")
    set_before: dict[str, str] = {}
    for key, value in document.items():
        if key not in known:
            raise FieldError("", _unknown(key, message))
        if value is not None:
            field = known[key]
            _only_one(field, set_before)
            _check_field(value, field)


def _unknown(key: str, message: Descriptor) -> str:
    """A key of a message with a password in it is not repeated: it may be the password."""
    secret = any(each.GetOptions().debug_redact for each in message.fields)
    named = "a field that is not known" if secret else f"an unknown field {key[:_LONGEST_NAME]!r}"
    return f"has {named}; its fields are {_members(message)}"


def _only_one(field: FieldDescriptor, set_before: dict[str, str]) -> None:
    """Of the members of a oneof, and of the two spellings of one name."""
    group = field.containing_oneof.name if field.containing_oneof else field.name
    if group in set_before:
        raise FieldError(field.json_name, f"is given beside {set_before[group]}; give one of the two")
    set_before[group] = field.json_name


def _check_field(value: object, field: FieldDescriptor) -> None:
    check = _checker(field)
    if not field.is_repeated:
        _under(field.json_name, check, value)
        return
    if not isinstance(value, list):
        raise FieldError(field.json_name, f"is {_kind_of(value)}; give a list, […]")
    for index, each in enumerate(value):
        _under(f"{field.json_name}[{index}]", check, each)


def _under(path: str, check: Callable[[object], None], value: object) -> None:
    try:
        check(value)
    except FieldError as error:
        raise error.under(path) from None


def _checker(field: FieldDescriptor) -> Callable[[object], None]:
    message, enum = field.message_type, field.enum_type
    if message is not None and message.full_name != Timestamp.DESCRIPTOR.full_name:
        return lambda value: check_message(value, message)
    if enum is not None:
        return lambda value: _check_enum(value, enum)
    return _timestamp if message is not None else _SCALARS[field.type]


def _check_enum(value: object, enum: EnumDescriptor) -> None:
    allowed = _one_of([each.name for each in enum.values if each.number])
    if not isinstance(value, str):
        raise FieldError("", f"is {_kind_of(value)}; give {allowed}")
    if value not in enum.values_by_name:
        raise FieldError("", f"is {value[:_LONGEST_NAME]!r}; use {allowed}")


def _text(value: object) -> None:
    if not isinstance(value, str):
        raise FieldError("", f"is {_kind_of(value)}; give a text in quotes")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FieldError("", "holds half of a surrogate pair, which is no character; write the character") from None


def _integer(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise FieldError("", f"is {_kind_of(value)}; give a whole number")
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise FieldError("", "is a text that is no whole number of 64 bits; give a whole number")
    if not _LEAST <= int(value) <= _MOST:
        raise FieldError("", f"is out of range; give {_LEAST} to {_MOST}")


def _boolean(value: object) -> None:
    if not isinstance(value, bool):
        raise FieldError("", f"is {_kind_of(value)}; give true or false")


def _binary(value: object) -> None:
    if not isinstance(value, str):
        raise FieldError("", f"is {_kind_of(value)}; give base64 in quotes")
    try:
        base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise FieldError("", "is not base64; encode the bytes as base64") from None


def _timestamp(value: object) -> None:
    wanted = 'give a time with its zone, as "2026-01-31T08:00:00Z"'
    if not isinstance(value, str):
        raise FieldError("", f"is {_kind_of(value)}; {wanted}")
    try:
        Timestamp().FromJsonString(value)
    except ValueError:
        raise FieldError("", f"is no time; {wanted}") from None


_SCALARS: Final[Mapping[int, Callable[[object], None]]] = {
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_INT64: _integer,
    FieldDescriptor.TYPE_BOOL: _boolean,
    FieldDescriptor.TYPE_BYTES: _binary,
}
"""The types that an operation is made of."""


def _kind_of(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def _members(message: Descriptor) -> str:
    names = [each.json_name for each in message.fields]
    if not names:
        return "none: it is {}"
    single = len(message.oneofs) == 1 and len(message.oneofs[0].fields) == len(names)
    return f"one of {', '.join(names)}" if single else ", ".join(names)


def _one_of(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
