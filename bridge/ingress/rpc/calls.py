"""One call from its raw bytes to its answer: admit the caller, bound the time, decode, hand on.

grpc is given no deserializer, so nothing is decoded for a peer that is not admitted, and bytes that are no
message get an answer that says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import grpc
from google.protobuf.message import DecodeError, Message

from bridge.api.v1.operations_pb2 import GetOperationRequest, OperationStepRequest, SubmitRequest
from bridge.ingress.rpc.statuses import answering
from bridge.model.errors import InvalidValueError
from bridge.model.identity import Caller
from bridge.wire.fields import MAX_OPERATION_ID

if TYPE_CHECKING:
    from bridge.ingress.rpc.access import Context, Gate

    Handler = grpc.RpcMethodHandler[Any, Any]

DEFAULT_DEADLINE: Final = 60.0
LONGEST_DEADLINE: Final = 300.0
LONGEST_IMPORT: Final = 3_600.0
"""A target may hold millions of objects. It is no shorter than the life of a connection."""

Request = TypeVar("Request", bound=Message)


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, how many seconds the call may take, and how many bytes its request has."""

    caller: Caller
    seconds: float
    size: int


def parse(kind: type[Request], raw: bytes) -> Request:
    """The message in these bytes, or InvalidValueError."""
    try:
        return kind.FromString(raw)
    except DecodeError:
        raise InvalidValueError(f"the request is not a {kind.DESCRIPTOR.full_name}, or is nested too deep") from None


def seconds_left(context: Context, longest: float) -> float:
    # None without a deadline, whatever the stub says.
    remaining = cast("float | None", context.time_remaining())
    return DEFAULT_DEADLINE if remaining is None else min(remaining, longest)


def unary(gate: Gate, kind: type[Request], method: Callable[[Call, Request], Awaitable[Message]]) -> Handler:
    """One request, one response."""

    async def handle(raw: bytes, context: Context) -> Message:
        async with answering(context) as about:
            call = Call(gate.admit(context), seconds_left(context, LONGEST_DEADLINE), len(raw))
            request = parse(kind, raw)
            about.operation = _operation_of(request)
            async with asyncio.timeout(call.seconds):
                return await method(call, request)
        raise AssertionError  # unreachable: `answering` ends the call after an error

    return grpc.unary_unary_rpc_method_handler(handle, response_serializer=_serialize)


def pages(gate: Gate, kind: type[Request], method: Callable[[Call, Request], AsyncGenerator[Message]]) -> Handler:
    """One request, many responses, within a deadline."""

    async def handle(raw: bytes, context: Context) -> None:
        async with answering(context):
            call = Call(gate.admit(context), seconds_left(context, LONGEST_IMPORT), len(raw))
            async with asyncio.timeout(call.seconds):
                await _send(context, method(call, parse(kind, raw)))

    return grpc.unary_stream_rpc_method_handler(handle, response_serializer=_serialize)


def live(gate: Gate, kind: type[Request], method: Callable[[Call, Request], AsyncGenerator[Message]]) -> Handler:
    """One request, many responses, for as long as the caller listens."""

    async def handle(raw: bytes, context: Context) -> None:
        async with answering(context):
            await _send(context, method(Call(gate.admit(context), float("inf"), len(raw)), parse(kind, raw)))

    return grpc.unary_stream_rpc_method_handler(handle, response_serializer=_serialize)


def _operation_of(request: Message) -> str:
    match request:
        case SubmitRequest():
            named = request.operation.id
        case GetOperationRequest() | OperationStepRequest():
            named = request.id
        case _:
            named = ""
    return named[:MAX_OPERATION_ID]


async def _send(context: Context, responses: AsyncGenerator[Message]) -> None:
    async with aclosing(responses):
        async for response in responses:
            await context.write(response)


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()
