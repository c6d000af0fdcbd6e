"""The state of an operation, both ways; encoding is on the hot path of results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from bridge.api.v1 import operations_pb2 as pb
from bridge.model.identity import CallerName, ConnectorName, OperationId, SettleNumber
from bridge.model.lifecycle import State
from bridge.model.operations import OperationKind
from bridge.model.outcomes import Failure
from bridge.model.status import ListOrder, OperationStatus
from bridge.wire.fields import FieldError
from bridge.wire.values import decode_attributes, decode_ref, decode_time, encode_ref, encode_time, write_attributes

_NUMBERS: Final[Mapping[State, pb.State]] = {
    state: cast("pb.State", pb.State.Value(f"STATE_{state.name}")) for state in State
}
_STATES: Final[Mapping[pb.State, State]] = {number: state for state, number in _NUMBERS.items()}

_ORDER_NUMBERS: Final[Mapping[ListOrder, pb.ListOrder]] = {
    ListOrder.OLDEST: pb.LIST_ORDER_OLDEST_FIRST,
    ListOrder.NEWEST: pb.LIST_ORDER_NEWEST_FIRST,
}
_ORDERS: Final[Mapping[pb.ListOrder, ListOrder]] = {
    pb.LIST_ORDER_UNSPECIFIED: ListOrder.OLDEST,
    **{number: order for order, number in _ORDER_NUMBERS.items()},
}


def decode_state(number: pb.State, path: str) -> State:
    state = _STATES.get(number)
    if state is None:
        raise FieldError(path, f"is {number}; use one of the values of State other than STATE_UNSPECIFIED")
    return state


def decode_order(number: pb.ListOrder) -> ListOrder:
    order = _ORDERS.get(number)
    if order is None:
        raise FieldError("order", f"is {number}; use LIST_ORDER_OLDEST_FIRST or LIST_ORDER_NEWEST_FIRST")
    return order


def encode_order(order: ListOrder) -> pb.ListOrder:
    return _ORDER_NUMBERS[order]


def encode_state(state: State) -> pb.State:
    return _NUMBERS[state]


def encode_status(status: OperationStatus) -> pb.OperationStatus:
    message = pb.OperationStatus(
        id=status.id,
        caller=status.caller,
        connector=status.connector,
        kind=status.kind,
        target=encode_ref(status.target),
        state=_NUMBERS[status.state],
        attempts=status.attempts,
        accepted_at=encode_time(status.accepted_at),
        settle_number=status.settle_number,
        unchanged=status.unchanged,
        sequence=status.sequence,
    )
    if status.settled_at is not None:
        message.settled_at.CopyFrom(encode_time(status.settled_at))
    if status.not_before is not None:
        message.not_before.CopyFrom(encode_time(status.not_before))
    if status.failure is not None:
        message.failure.CopyFrom(_encode_failure(status.failure))
    if status.assigned:
        write_attributes(message.assigned, status.assigned)
    return message


def _encode_failure(failure: Failure) -> pb.Failure:
    return pb.Failure(code=failure.code, message=failure.message, attributes=failure.attributes)


def decode_status(message: pb.OperationStatus) -> OperationStatus:
    """The failure's `retry_after` stays behind: callers are told `not_before` instead."""
    return OperationStatus(
        sequence=message.sequence,
        id=OperationId(message.id),
        caller=CallerName(message.caller),
        connector=ConnectorName(message.connector),
        kind=OperationKind(message.kind),
        target=decode_ref(message.target),
        state=decode_state(message.state, "state"),
        attempts=message.attempts,
        accepted_at=decode_time(message.accepted_at),
        settled_at=decode_time(message.settled_at) if message.HasField("settled_at") else None,
        settle_number=SettleNumber(message.settle_number) if message.settle_number else None,
        unchanged=message.unchanged,
        failure=_failure(message.failure) if message.HasField("failure") else None,
        not_before=decode_time(message.not_before) if message.HasField("not_before") else None,
        assigned=decode_attributes(message.assigned),
    )


def _failure(message: pb.Failure) -> Failure:
    return Failure(message.code, message.message, tuple(message.attributes))
