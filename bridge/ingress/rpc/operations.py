"""The service Operations: decode, call the engine, encode. The stream has its own module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Final

from bridge.api.v1 import operations_pb2 as pb
from bridge.engine.interface import Engine
from bridge.ingress.rpc.calls import Call, live, unary
from bridge.ingress.rpc.room import INTAKE_BYTES, Room
from bridge.ingress.rpc.stream import stream
from bridge.model.errors import BridgeError
from bridge.model.identity import CallerName, OperationId, SettleNumber
from bridge.model.lifecycle import FINAL
from bridge.model.status import OperationFilter, OperationStatus
from bridge.wire.fields import MAX_CALLER, MAX_PAGE, FieldError, check_text
from bridge.wire.operations import decode_connector, decode_id, decode_operation
from bridge.wire.status import decode_order, decode_state, encode_status

if TYPE_CHECKING:
    from bridge.ingress.rpc.access import Gate
    from bridge.ingress.rpc.calls import Handler

_ANSWER_TIME: Final = 1.0
"""Seconds kept from the deadline, so that the state still reaches the caller when the result does not."""
_DEFAULT_PAGE: Final = 100
_SETTLEMENTS_PER_MESSAGE: Final = 256


class Operations:
    """Each method is one RPC of the service of that name."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._room = Room(INTAKE_BYTES)

    def handlers(self, gate: Gate) -> dict[str, Handler]:
        return {
            "Submit": unary(gate, pb.SubmitRequest, self.submit),
            "Stream": stream(gate, self._engine, self._room),
            "Get": unary(gate, pb.GetOperationRequest, self.get),
            "List": unary(gate, pb.ListOperationsRequest, self.list),
            "Watch": live(gate, pb.WatchRequest, self.watch),
            "Retry": unary(gate, pb.OperationStepRequest, self.retry),
            "Cancel": unary(gate, pb.OperationStepRequest, self.cancel),
            "Release": unary(gate, pb.OperationStepRequest, self.release),
        }

    async def submit(self, call: Call, request: pb.SubmitRequest) -> pb.OperationStatus:
        with self._room.taken(call.size):
            try:
                operation = decode_operation(request.operation, call.caller.name)
            except FieldError as error:
                raise error.under("operation") from None
            (answer,) = await self._engine.submit(call.caller, (operation,))
        if isinstance(answer, BridgeError):
            raise answer
        return encode_status(await self._final(call, answer) if request.wait else answer)

    async def get(self, call: Call, request: pb.GetOperationRequest) -> pb.OperationStatus:
        status = await self._engine.status(call.caller, decode_id(request.id))
        return encode_status(await self._final(call, status) if request.wait else status)

    async def _final(self, call: Call, status: OperationStatus) -> OperationStatus:
        """The final state, or the present one when the deadline is near."""
        if status.state in FINAL:
            return status
        try:
            async with asyncio.timeout(call.seconds - _ANSWER_TIME):
                return await self._engine.wait(call.caller, status.id)
        except TimeoutError:
            return await self._engine.status(call.caller, status.id)

    async def list(self, call: Call, request: pb.ListOperationsRequest) -> pb.ListOperationsResponse:
        which = _filter(request)
        found = await self._engine.operations(call.caller, which)
        return pb.ListOperationsResponse(
            operations=[encode_status(status) for status in found],
            next_page_token=str(found[-1].sequence) if len(found) == which.limit else "",
        )

    async def watch(self, call: Call, request: pb.WatchRequest) -> AsyncGenerator[pb.WatchResponse]:
        connector = decode_connector(request.connector) if request.connector else None
        history = self._engine.watch(call.caller, SettleNumber(request.after), connector, until_now=request.until_now)
        async for settlements in history:
            for start in range(0, len(settlements), _SETTLEMENTS_PER_MESSAGE):
                yield _watch_response(settlements[start : start + _SETTLEMENTS_PER_MESSAGE])

    async def retry(self, call: Call, request: pb.OperationStepRequest) -> pb.OperationStatus:
        return encode_status(await self._engine.retry(call.caller, *_step(call, request)))

    async def cancel(self, call: Call, request: pb.OperationStepRequest) -> pb.OperationStatus:
        return encode_status(await self._engine.cancel(call.caller, *_step(call, request)))

    async def release(self, call: Call, request: pb.OperationStepRequest) -> pb.OperationStatus:
        return encode_status(await self._engine.release(call.caller, *_step(call, request)))


def _watch_response(settlements: Sequence[OperationStatus]) -> pb.WatchResponse:
    return pb.WatchResponse(settlements=[encode_status(status) for status in settlements])


def _step(call: Call, request: pb.OperationStepRequest) -> tuple[CallerName, OperationId]:
    if not request.caller:
        return call.caller.name, decode_id(request.id)
    check_text(request.caller, "caller", MAX_CALLER)
    return CallerName(request.caller), decode_id(request.id)


def _filter(request: pb.ListOperationsRequest) -> OperationFilter:
    if request.page_size > MAX_PAGE:
        raise FieldError("page_size", f"is {request.page_size}; at most {MAX_PAGE} is allowed")
    return OperationFilter(
        connectors=frozenset({decode_connector(request.connector)} if request.connector else ()),
        states=frozenset(decode_state(state, f"states[{index}]") for index, state in enumerate(request.states)),
        after=_page_token(request.page_token),
        limit=request.page_size or _DEFAULT_PAGE,
        order=decode_order(request.order),
    )


def _page_token(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) < 19):  # noqa: PLR2004 - digits of 64 bits
        raise FieldError("page_token", "is not one that a page before this gave")
    return int(token)
