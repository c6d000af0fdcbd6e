"""The bidirectional stream: many operations in flight, with bounded memory on both sides.

Three tasks: one reads, one submits whatever arrived meanwhile in the order of its arrival, one writes whatever there
is to tell in one message. Memory is bounded by the credits, an operation holds one from its arrival until its result
was handed to the transport, and by the bytes of what is not on disk yet.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import grpc

from bridge.api.v1 import operations_pb2 as pb
from bridge.engine.interface import Engine
from bridge.ingress.rpc.calls import parse
from bridge.ingress.rpc.room import STREAM_BYTES, Room
from bridge.ingress.rpc.statuses import answering
from bridge.model.errors import BacklogFullError, BridgeError
from bridge.model.identity import Caller, OperationId
from bridge.model.lifecycle import FINAL
from bridge.model.operations import Operation
from bridge.model.status import OperationStatus
from bridge.wire.errors import encode_refusal
from bridge.wire.fields import MAX_BATCH, MAX_OPERATION_ID, check_count
from bridge.wire.operations import decode_operations
from bridge.wire.status import encode_status

if TYPE_CHECKING:
    from bridge.ingress.rpc.access import Context, Gate
    from bridge.ingress.rpc.calls import Handler

CREDITS: Final = 4_096
"""Operations that one stream may have open."""
_RESULTS_PER_MESSAGE: Final = 256
"""Keeps a response far below the 4 MiB that clients receive, even where every result has a long failure."""


class Session:
    """What one stream has open, and what it has to tell. Touched by the event loop only."""

    def __init__(self, credits_granted: int) -> None:
        self._credits = 0
        self._spare = credits_granted
        """Credits to give that belong to no result: the opening grant, and those of ids sent twice."""
        self._open: dict[OperationId, int] = {}
        self._accepted: deque[OperationId] = deque()
        self._results: deque[OperationStatus] = deque()
        self._refusals: deque[pb.Refusal] = deque()
        self._changed = asyncio.Event()
        self._half_closed = False
        self._fault: Exception | None = None

    def take(self, count: int) -> None:
        """Use credits for a message of so many operations."""
        if count > self._credits:
            raise BacklogFullError(f"{count} operations were sent on {self._credits} credits; wait for credits first")
        self._credits -= count

    def opened(self, operations: Sequence[Operation]) -> None:
        """Called before they are submitted: a settlement may come before the answer of the submit does."""
        is_open = self._open
        for operation in operations:
            is_open[operation.id] = is_open.get(operation.id, 0) + 1

    def refused(self, operation_id: str, error: BridgeError) -> None:
        self._refusals.append(encode_refusal(operation_id[:MAX_OPERATION_ID], error))
        self._changed.set()

    def answered(self, operations: Sequence[Operation], answers: Sequence[OperationStatus | BridgeError]) -> None:
        """What the engine said of each operation submitted."""
        final: list[OperationStatus] = []
        for operation, answer in zip(operations, answers, strict=True):
            if isinstance(answer, BridgeError):
                self._close_one(operation.id)
                self.refused(operation.id, answer)
            else:
                self._accepted.append(answer.id)
                if answer.state in FINAL:
                    final.append(answer)
        self.settled(final)

    def settled(self, settlements: Sequence[OperationStatus]) -> None:
        """Called by the engine at once after the commit. An id sent twice is told once, for both credits."""
        for status in settlements:
            count = self._open.pop(status.id, 0)
            if count:
                self._results.append(status)
                self._spare += count - 1
        self._changed.set()

    def _close_one(self, operation_id: OperationId) -> None:
        count = self._open.pop(operation_id, 0)
        if count > 1:
            self._open[operation_id] = count - 1

    def half_closed(self) -> None:
        """The caller sends no more."""
        self._half_closed = True
        self._changed.set()

    def failed(self, fault: Exception) -> None:
        """The caller broke the rules of the stream, or the engine failed: nothing more is told."""
        self._fault = fault
        self._changed.set()

    async def next_response(self) -> pb.StreamResponse | None:
        """What there is to tell, waiting for it; None when the stream has told everything."""
        while self._fault is None and not (self._results or self._accepted or self._refusals or self._spare):
            if self._half_closed and not self._open:
                return None
            self._changed.clear()
            await self._changed.wait()
        if self._fault is not None:
            raise self._fault
        return self._response()

    def _response(self) -> pb.StreamResponse:
        results = _drain(self._results, _RESULTS_PER_MESSAGE)
        refusals = _drain(self._refusals, _RESULTS_PER_MESSAGE)
        grant = self._spare + len(results) + len(refusals)
        self._spare = 0
        self._credits += grant
        accepted: list[OperationId] = _drain(self._accepted, len(self._accepted))
        return pb.StreamResponse(
            credits=grant,
            accepted=accepted,
            results=[encode_status(status) for status in results],
            refusals=refusals,
        )


Item = TypeVar("Item")


def _drain(waiting: deque[Item], limit: int) -> list[Item]:
    return [waiting.popleft() for _ in range(min(limit, len(waiting)))]


class Arrivals:
    """Operations read from the stream and not submitted yet: a submit takes whatever waits, small messages or large.

    Bounded in bytes: `room_for` waits while too much of this stream, or of all, is not on disk yet."""

    def __init__(self, room: Room) -> None:
        self.caller: Caller | None = None
        self.fault: Exception | None = None
        self._all = room
        self._own = Room(STREAM_BYTES)
        self._held = 0
        self._waiting: deque[tuple[Sequence[Operation], int]] = deque()
        self._ended = False
        self._changed = asyncio.Event()

    async def room_for(self, size: int) -> None:
        await self._own.take(size)
        await self._all.take(size)
        self._held += size

    def give_back(self, size: int) -> None:
        """That much is on disk, or was refused."""
        self._held -= size
        self._own.give_back(size)
        self._all.give_back(size)

    def close(self) -> None:
        """The stream is over."""
        self.give_back(self._held)

    def add(self, caller: Caller, operations: Sequence[Operation], size: int) -> None:
        """The sound ones of a message of so many bytes."""
        self.caller = caller
        if not operations:
            self.give_back(size)
            return
        self._waiting.append((operations, size))
        self._changed.set()

    def end(self, fault: Exception | None) -> None:
        """Nothing more comes; a fault counts after what came before it was submitted."""
        self.fault = fault
        self._ended = True
        self._changed.set()

    async def next_batch(self) -> tuple[list[Operation], int]:
        """Whole messages in the order of arrival, and their bytes; empty at the end."""
        while not self._waiting and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        batch: list[Operation] = []
        size = 0
        while self._waiting and len(batch) + len(self._waiting[0][0]) <= MAX_BATCH:
            operations, own = self._waiting.popleft()
            batch += operations
            size += own
        return batch, size


def stream(gate: Gate, engine: Engine, room: Room, credits_granted: int = CREDITS) -> Handler:
    """The handler of the RPC Stream."""

    async def handle(requests: AsyncIterator[bytes], context: Context) -> None:
        async with answering(context):
            gate.admit(context)
            session, arrivals = Session(credits_granted), Arrivals(room)
            tasks = (
                asyncio.create_task(_receive(requests, lambda: gate.admit(context), session, arrivals)),
                asyncio.create_task(_submit(engine, session, arrivals)),
            )
            try:
                while (response := await session.next_response()) is not None:
                    await context.write(response)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                arrivals.close()
                engine.forget(session.settled)

    return grpc.stream_stream_rpc_method_handler(handle, response_serializer=pb.StreamResponse.SerializeToString)


async def _receive(
    requests: AsyncIterator[bytes], admit: Callable[[], Caller], session: Session, arrivals: Arrivals
) -> None:
    """Read until the caller half-closes. What goes wrong is raised by the writing side."""
    try:
        async for raw in requests:
            await arrivals.room_for(len(raw))
            _arrived(parse(pb.StreamRequest, raw), len(raw), admit(), session, arrivals)
        arrivals.end(None)
    except Exception as error:  # noqa: BLE001 - handed over, not swallowed: next_response raises it
        arrivals.end(error)


def _arrived(request: pb.StreamRequest, size: int, caller: Caller, session: Session, arrivals: Arrivals) -> None:
    messages = request.operations
    check_count(len(messages), "operations", MAX_BATCH)
    session.take(len(messages))
    operations: list[Operation] = []
    for message, decoded in zip(messages, decode_operations(messages, caller.name), strict=True):
        if isinstance(decoded, BridgeError):
            session.refused(message.id, decoded)
        else:
            operations.append(decoded)
    session.opened(operations)
    arrivals.add(caller, operations, size)


async def _submit(engine: Engine, session: Session, arrivals: Arrivals) -> None:
    """One submit at a time, so that the order of the stream is the order of acceptance."""
    try:
        while True:
            batch, size = await arrivals.next_batch()
            if not batch or arrivals.caller is None:
                break
            session.answered(batch, await engine.submit(arrivals.caller, batch, session.settled))
            arrivals.give_back(size)
        if arrivals.fault is not None:
            session.failed(arrivals.fault)
        session.half_closed()
    except Exception as error:  # noqa: BLE001 - handed over, not swallowed: next_response raises it
        session.failed(error)
