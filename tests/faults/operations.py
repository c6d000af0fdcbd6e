"""Operations on users of the reference adapters."""

from __future__ import annotations

from bridge.model.attributes import AttributeDelta, DeltaKind, Value, Values
from bridge.model.identity import ConnectorName, Name, ObjectRef, ObjectType, OperationId, new_operation_id
from bridge.model.operations import Body, Create, Operation, SetPassword, Update
from bridge.model.secrets import Secret
from tests.crash.bridge_process import CALLER

MEMORY = ConnectorName("memory")
USER = ObjectType("user")


def user(name: str) -> ObjectRef:
    return ObjectRef(USER, None, Name(name))


def operation(
    target: ObjectRef, body: Body, *, connector: ConnectorName = MEMORY, id_: OperationId | None = None
) -> Operation:
    return Operation(id_ or new_operation_id(), CALLER, connector, target, body)


def create(name: str, connector: ConnectorName = MEMORY, id_: OperationId | None = None, **more: Value) -> Operation:
    attributes: dict[str, Values] = {"display_name": (name,)} | {key: (value,) for key, value in more.items()}
    return operation(user(name), Create(attributes), connector=connector, id_=id_)


def update(name: str, **attributes: Value) -> Operation:
    deltas = tuple(AttributeDelta(each, DeltaKind.REPLACE, (value,)) for each, value in attributes.items())
    return operation(user(name), Update(deltas))


def set_password(name: str, password: str) -> Operation:
    return operation(user(name), SetPassword(Secret(password)))
