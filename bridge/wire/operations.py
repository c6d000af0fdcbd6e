"""Operations, both ways. The hottest code of ingress: called once for every operation of every stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, assert_never

from bridge.api.v1 import operations_pb2 as pb
from bridge.model.attributes import AttributeDelta, DeltaKind
from bridge.model.errors import InvalidValueError
from bridge.model.identity import CallerName, ConnectorName, Name, OperationId
from bridge.model.operations import (
    Body,
    ChangePassword,
    Create,
    Delete,
    Operation,
    Rename,
    SetPassword,
    Update,
)
from bridge.model.secrets import Secret
from bridge.wire.fields import (
    MAX_ATTRIBUTE_NAME,
    MAX_ATTRIBUTES,
    MAX_CONNECTOR,
    MAX_NAME,
    MAX_OPERATION_ID,
    FieldError,
    check_count,
    check_text,
    check_value_text,
    refused,
)
from bridge.wire.values import (
    decode_attributes,
    decode_ref,
    decode_values,
    encode_ref,
    write_attributes,
    write_values,
)

_ID: Final = re.compile(rf"[A-Za-z0-9._:-]{{1,{MAX_OPERATION_ID}}}")

_DELTA_KINDS: Final = {
    pb.DELTA_KIND_ADD: DeltaKind.ADD,
    pb.DELTA_KIND_REMOVE: DeltaKind.REMOVE,
    pb.DELTA_KIND_REPLACE: DeltaKind.REPLACE,
}
_DELTAS: Final = "give a tuple of AttributeDelta(attribute, DeltaKind.REPLACE, values)"
_DELTA_NUMBERS: Final = {kind: number for number, kind in _DELTA_KINDS.items()}


def decode_id(text: str) -> OperationId:
    if not text:
        raise FieldError("id", "is missing; give every operation an id of its own, best a UUIDv7")
    if not _ID.fullmatch(text):
        raise FieldError("id", f"is not 1 to {MAX_OPERATION_ID} characters of A-Z a-z 0-9 . _ : -")
    return OperationId(text)


def decode_connector(name: str, path: str = "connector") -> ConnectorName:
    if not 0 < len(name) <= MAX_CONNECTOR:
        check_text(name, path, MAX_CONNECTOR)
    return ConnectorName(name)


def _delta(delta: pb.Delta) -> AttributeDelta:
    name = delta.attribute
    check_text(name, "attribute", MAX_ATTRIBUTE_NAME)
    kind = _DELTA_KINDS.get(delta.kind)
    if kind is None:
        told = f"is {delta.kind}" if delta.kind else "is missing"
        raise FieldError("kind", f"{told}; use DELTA_KIND_ADD, DELTA_KIND_REMOVE or DELTA_KIND_REPLACE")
    values = decode_values(delta.values)
    if not values and kind is not DeltaKind.REPLACE:
        raise FieldError("values", f"is empty; {kind} needs at least one value")
    return AttributeDelta(name, kind, values)


def _create(operation: pb.Operation) -> Create:
    if not operation.target.name:
        raise FieldError("target.name", "is empty; a create gives the name that the object is to have")
    try:
        return Create(decode_attributes(operation.create.attributes))
    except FieldError as error:
        raise error.under("create") from None


def _update(operation: pb.Operation) -> Update:
    deltas = operation.update.deltas
    if not deltas:
        raise FieldError("update.deltas", "is empty; give at least one delta")
    check_count(len(deltas), "update.deltas", MAX_ATTRIBUTES)
    decoded: list[AttributeDelta] = []
    for delta in deltas:
        try:
            decoded.append(_delta(delta))
        except FieldError as error:
            raise error.under(f"update.deltas[{len(decoded)}]") from None
    return Update(tuple(decoded))


def _rename(operation: pb.Operation) -> Rename:
    name = operation.rename.new_name
    check_text(name, "rename.new_name", MAX_NAME)
    return Rename(Name(name))


def _secret(text: str, path: str) -> Secret:
    if not text:
        raise FieldError(path, "is empty")
    check_value_text(text, path)
    return Secret(text)


def _set_password(operation: pb.Operation) -> SetPassword:
    return SetPassword(_secret(operation.set_password.password, "set_password.password"))


def _change_password(operation: pb.Operation) -> ChangePassword:
    body = operation.change_password
    return ChangePassword(
        _secret(body.old_password, "change_password.old_password"),
        _secret(body.new_password, "change_password.new_password"),
    )


def _no_body(_: pb.Operation) -> Body:
    raise FieldError("body", "is not set; set one of create, update, rename, delete, set_password, change_password")


_BODIES: Final[Mapping[str | None, Callable[[pb.Operation], Body]]] = {
    "create": _create,
    "update": _update,
    "rename": _rename,
    "delete": lambda _: Delete(),
    "set_password": _set_password,
    "change_password": _change_password,
    None: _no_body,
}


def decode_operation(message: pb.Operation, caller: CallerName) -> Operation:
    """FieldError names the first field that is wrong, from the operation on."""
    operation_id = decode_id(message.id)
    connector = decode_connector(message.connector)
    try:
        target = decode_ref(message.target)
    except FieldError as error:
        raise error.under("target") from None
    return Operation(operation_id, caller, connector, target, _BODIES[message.WhichOneof("body")](message))


def decode_operations(messages: Iterable[pb.Operation], caller: CallerName) -> list[Operation | InvalidValueError]:
    """One answer each, in their order: a bad operation does not spoil the others."""
    decoded: list[Operation | InvalidValueError] = []
    for message in messages:
        try:
            decoded.append(decode_operation(message, caller))
        except FieldError as error:
            decoded.append(InvalidValueError(str(error.under(f"operations[{len(decoded)}]"))))
    return decoded


def encode_operation(operation: Operation) -> pb.Operation:
    """InvalidValueError if a value does not fit: an integer over 64 bits, a text that is no Unicode.

    The id is checked here already: what the bridge says of an operation must find its way back to it.
    """
    with refused():
        decode_id(operation.id)
    try:
        return _encode(operation)
    except (ValueError, TypeError) as error:
        raise InvalidValueError(f"operation {operation.id} cannot be sent: {error}") from None


def _encode(operation: Operation) -> pb.Operation:
    message = pb.Operation(id=operation.id, connector=operation.connector, target=encode_ref(operation.target))
    body = operation.body
    match body:
        case Create(attributes):
            for attribute, values in attributes.items():
                _check_many(attribute, values)
            write_attributes(message.create.attributes, attributes)
            message.create.SetInParent()
        case Update(deltas):
            _check_deltas(deltas)
            message.update.deltas.extend(_encode_delta(delta) for delta in deltas)
            message.update.SetInParent()
        case Rename(new_name):
            message.rename.new_name = new_name
        case Delete():
            message.delete.SetInParent()
        case SetPassword(password):
            message.set_password.password = password.reveal()
        case ChangePassword(old, new):
            message.change_password.old_password = old.reveal()
            message.change_password.new_password = new.reveal()
        case _:
            assert_never(body)
    return message


def _check_many(attribute: str, values: object) -> None:
    """A text is a sequence too, of its characters."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        kind = type(values).__name__
        raise TypeError(f"attribute {attribute} has one {kind} where its values go; give them as a tuple, one as (x,)")


def _check_deltas(deltas: object) -> None:
    """A mapping of attributes, as a create has them, is what callers take it for."""
    if isinstance(deltas, Mapping):
        raise TypeError(f"an update has no deltas of {', '.join(map(str, deltas))} but a mapping; {_DELTAS}")
    if not isinstance(deltas, Sequence) or not all(isinstance(each, AttributeDelta) for each in deltas):
        raise TypeError(f"an update has something else than deltas; {_DELTAS}")


def _encode_delta(delta: AttributeDelta) -> pb.Delta:
    _check_many(delta.attribute, delta.values)
    message = pb.Delta(attribute=delta.attribute, kind=_DELTA_NUMBERS[delta.kind])
    write_values(message.values, delta.attribute, delta.values)
    return message
