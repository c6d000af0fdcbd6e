"""Operations as a caller makes them. What comes next is `BridgeClient.submit` or `BridgeClient.stream`."""

from __future__ import annotations

from typing import Final

from bridge.model.identity import CallerName, ConnectorName, ObjectRef, OperationId, new_operation_id
from bridge.model.operations import Body, Operation

SENDER: Final = CallerName("sender")
"""Stands for the caller at its own side: it is not sent, as the bridge knows its callers by their connection."""


def new_operation(connector: str, target: ObjectRef, body: Body, *, operation_id: str | None = None) -> Operation:
    """An operation to send. Without an id it gets a new one: keep `id` before the first send, to send it again."""
    made = new_operation_id() if operation_id is None else OperationId(operation_id)
    return Operation(made, SENDER, ConnectorName(connector), target, body)
