"""Operations as a caller makes them. What comes next is `BridgeClient.submit` or `BridgeClient.stream`."""

from __future__ import annotations

from typing import Final

from bridge.api.v1 import operations_pb2 as pb
from bridge.client.channel import MAX_MESSAGE
from bridge.model.errors import InvalidValueError
from bridge.model.identity import CallerName, ConnectorName, ObjectRef, OperationId, new_operation_id
from bridge.model.operations import Body, Operation
from bridge.wire.operations import encode_operation

SENDER: Final = CallerName("sender")
"""Stands for the caller at its own side: it is not sent, as the bridge knows its callers by their connection."""

_MAX_BYTES: Final = MAX_MESSAGE - 1_024


def new_operation(connector: str, target: ObjectRef, body: Body, *, operation_id: str | None = None) -> Operation:
    """An operation to send. Without an id it gets a new one: keep `id` before the first send, to send it again."""
    made = new_operation_id() if operation_id is None else OperationId(operation_id)
    return Operation(made, SENDER, ConnectorName(connector), target, body)


def sendable(operation: Operation) -> pb.Operation:
    """As it is sent; one that no message has room for is refused here, as sending it again would not help."""
    message = encode_operation(operation)
    if message.ByteSize() > _MAX_BYTES:
        raise InvalidValueError(
            f"operation {operation.id} has {message.ByteSize()} bytes, more than the {_MAX_BYTES} that fit into a"
            " message; give it fewer or shorter values"
        )
    return message
