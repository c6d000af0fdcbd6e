"""Values, attributes, references and objects, both ways. Hot: one short loop per list, no reflection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from bridge.api.v1 import values_pb2 as pb
from bridge.model.attributes import Attributes, Value, Values
from bridge.model.identity import Anchor, Name, ObjectRef, ObjectType
from bridge.model.objects import TargetObject
from bridge.model.secrets import Secret
from bridge.wire.fields import (
    MAX_ANCHOR,
    MAX_ATTRIBUTE_NAME,
    MAX_ATTRIBUTES,
    MAX_NAME,
    MAX_OBJECT_TYPE,
    MAX_READ_VALUES,
    MAX_VALUE_BYTES,
    MAX_VALUES,
    FieldError,
    check_count,
    check_text,
    check_value_text,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND: Final = -62_135_596_800  # 0001-01-01T00:00:00Z
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z
_NANOS: Final = 1_000_000_000


def decode_ref(ref: pb.ObjectRef) -> ObjectRef:
    object_type, anchor, name = ref.object_type, ref.anchor, ref.name
    if not 0 < len(object_type) <= MAX_OBJECT_TYPE:
        check_text(object_type, "object_type", MAX_OBJECT_TYPE)
    if len(anchor) > MAX_ANCHOR:
        check_text(anchor, "anchor", MAX_ANCHOR)
    if len(name) > MAX_NAME:
        check_text(name, "name", MAX_NAME)
    if not anchor and not name:
        raise FieldError("", "has neither anchor nor name; give at least one")
    return ObjectRef(ObjectType(object_type), Anchor(anchor) if anchor else None, Name(name) if name else None)


def encode_ref(ref: ObjectRef) -> pb.ObjectRef:
    return pb.ObjectRef(object_type=ref.object_type, anchor=ref.anchor, name=ref.name)


def _write_ref(message: pb.ObjectRef, ref: ObjectRef) -> None:
    message.object_type = ref.object_type
    if ref.anchor is not None:
        message.anchor = ref.anchor
    if ref.name is not None:
        message.name = ref.name


def decode_time(moment: Timestamp) -> datetime:
    """To the microsecond, as the model keeps it; finer digits are cut off."""
    seconds, nanos = moment.seconds, moment.nanos
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND or not 0 <= nanos < _NANOS:
        raise FieldError("timestamp", "is not between the years 1 and 9999 with nanos from 0 to 999,999,999")
    return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1_000)


def encode_time(moment: datetime) -> Timestamp:
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def _string(value: pb.Value) -> str:
    text = value.string
    check_value_text(text, "string")
    return text


def _binary(value: pb.Value) -> bytes:
    content = value.binary
    if len(content) > MAX_VALUE_BYTES:
        raise FieldError("binary", f"has {len(content)} bytes; at most {MAX_VALUE_BYTES} are allowed")
    return content


def _reference(value: pb.Value) -> ObjectRef:
    try:
        return decode_ref(value.reference)
    except FieldError as error:
        raise error.under("reference") from None


def _unset(_: pb.Value) -> Value:
    raise FieldError("", "is not set; set one of string, integer, boolean, binary, timestamp, reference")


_DECODERS: Final[Mapping[str | None, Callable[[pb.Value], Value]]] = {
    "string": _string,
    "integer": lambda value: value.integer,
    "boolean": lambda value: value.boolean,
    "binary": _binary,
    "timestamp": lambda value: decode_time(value.timestamp),
    "reference": _reference,
    None: _unset,
}


def decode_value(value: pb.Value) -> Value:
    return _DECODERS[value.WhichOneof("kind")](value)


def decode_values(values: Sequence[pb.Value], limit: int = MAX_VALUES) -> Values:
    """All values of the field `values`, at most `limit`."""
    check_count(len(values), "values", limit)
    decoded: list[Value] = []
    decoders = _DECODERS
    for value in values:
        try:
            decoded.append(decoders[value.WhichOneof("kind")](value))
        except FieldError as error:
            raise error.under(f"values[{len(decoded)}]") from None
    return tuple(decoded)


_ALLOWED: Final = "a str, int, bool, bytes, datetime with a time zone, ObjectRef or Secret"


def encode_value(value: Value) -> pb.Value:
    message = pb.Value()
    _write_value(message, value)
    return message


def _write_value(message: pb.Value, value: Value) -> None:
    match value:
        case str():
            message.string = value
        case bool():
            message.boolean = value
        case int():
            message.integer = value
        case bytes():
            message.binary = value
        case datetime():
            message.timestamp.CopyFrom(encode_time(value))
        case ObjectRef():
            _write_ref(message.reference, value)
        case Secret():
            message.string = value.reveal()
        case _:
            raise TypeError(f"a value is a {type(value).__name__}; give {_ALLOWED}")


def decode_attributes(attributes: Sequence[pb.Attribute], limit: int = MAX_VALUES) -> Attributes:
    """All attributes of the field `attributes`; each name at most once."""
    check_count(len(attributes), "attributes", MAX_ATTRIBUTES)
    decoded: dict[str, Values] = {}
    for attribute in attributes:
        name = attribute.name
        if name in decoded:
            path = f"attributes[{len(decoded)}].name"
            raise FieldError(path, f"{name!r} is given twice; give each attribute once, with all its values")
        try:
            if not 0 < len(name) <= MAX_ATTRIBUTE_NAME:
                check_text(name, "name", MAX_ATTRIBUTE_NAME)
            decoded[name] = decode_values(attribute.values, limit)
        except FieldError as error:
            raise error.under(f"attributes[{len(decoded)}]") from None
    return decoded


class _Attributes(Protocol):
    """A repeated field of attributes."""

    def add(self) -> pb.Attribute: ...


def write_attributes(into: _Attributes, attributes: Attributes) -> None:
    """Made where they belong: a message that is made first and then put into another is copied."""
    for name, values in attributes.items():
        attribute = into.add()
        attribute.name = name
        write_values(attribute.values, name, values)


class _Values(Protocol):
    """A repeated field of values."""

    def add(self) -> pb.Value: ...


def write_values(into: _Values, attribute: str, values: Values) -> None:
    """ValueError with the attribute's name, and without the value, if one cannot be put into a message."""
    add = into.add
    try:
        for value in values:
            if type(value) is str:
                add().string = value
            else:
                _write_value(add(), value)
    except UnicodeError:
        fault = "a text is no Unicode; it has half of a surrogate pair"
    except ValueError:
        fault = "an integer does not fit into 64 bits"
    except TypeError as error:
        fault = str(error)
    else:
        return
    raise ValueError(f"attribute {attribute}: {fault}")


def decode_object(message: pb.Object) -> TargetObject:
    ref = decode_ref(message.ref)
    attributes = decode_attributes(message.attributes, MAX_READ_VALUES)
    return TargetObject(
        ref.object_type, ref.anchor or Anchor(""), ref.name or Name(""), attributes, message.version or None
    )


def encode_object(read: TargetObject) -> pb.Object:
    message = pb.Object()
    write_object(message, read)
    return message


def write_object(message: pb.Object, read: TargetObject) -> None:
    """Into an empty message, which may be part of another."""
    message.version = read.version or ""
    ref = message.ref
    ref.object_type, ref.anchor, ref.name = read.object_type, read.anchor, read.name
    write_attributes(message.attributes, read.attributes)
