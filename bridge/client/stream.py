"""Many operations in flight over one stream that outlives the connection, and the bridge process.

After a break everything without a result is sent again, with the same ids; the bridge answers what it knows
already. A refusal that only asks for patience is treated as a break, so that operations stay in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import grpc

from bridge.api.v1 import operations_pb2 as pb
from bridge.client.channel import Channel
from bridge.client.errors import translate
from bridge.client.outbox import Outbox
from bridge.client.patience import Patience
from bridge.model.errors import BacklogFullError, BridgeError, UnavailableError
from bridge.model.identity import OperationId
from bridge.model.operations import Operation
from bridge.model.status import OperationStatus
from bridge.wire.errors import decode_refusal
from bridge.wire.status import decode_status


@dataclass(frozen=True, slots=True)
class Accepted:
    """The operation is on the bridge's disk. Told again after a break."""

    id: OperationId


@dataclass(frozen=True, slots=True)
class Settled:
    """The operation is final."""

    status: OperationStatus


@dataclass(frozen=True, slots=True)
class Refused:
    """The operation was not accepted and will not be as it is."""

    id: OperationId
    error: BridgeError


@dataclass(frozen=True, slots=True)
class Paused:
    """The bridge is not reached, or accepts nothing now. It is tried again for `seconds`, then `error` is raised."""

    error: BridgeError
    seconds: float


StreamEvent = Accepted | Settled | Refused | Paused


def stream(channel: Channel, operations: Iterable[Operation], patience: Patience) -> Iterator[StreamEvent]:
    """Send the operations, and yield what becomes of them until each is settled or refused."""
    outbox = Outbox(operations)
    try:
        while not outbox.finished:
            try:
                yield from _connection(channel, outbox, patience)
            except (UnavailableError, BacklogFullError) as error:
                if seconds := patience.begins():
                    yield Paused(error, seconds)
                patience.wait(error)
        outbox.finish()
    finally:
        outbox.close()


def _connection(channel: Channel, outbox: Outbox, patience: Patience) -> Iterator[StreamEvent]:
    """One connection, until all is told or it breaks."""
    call = channel.grpc.stream_stream(
        "/bridge.api.v1.Operations/Stream", pb.StreamRequest.SerializeToString, pb.StreamResponse.FromString
    )
    responses = call(outbox.connect())
    try:
        for response in responses:
            if response.results or response.accepted:
                patience.progress()
            yield from _events(response, outbox)
    except grpc.RpcError as error:
        raise translate(error, channel.target) from None
    finally:
        outbox.disconnect()
        responses.cancel()
    if not outbox.finished:
        raise UnavailableError("the bridge ended the stream before every result was told")


def _events(response: pb.StreamResponse, outbox: Outbox) -> Iterator[StreamEvent]:
    refusals = {OperationId(each.id): decode_refusal(each) for each in response.refusals}
    later = [error for error in refusals.values() if isinstance(error, UnavailableError | BacklogFullError)]
    answered = [each.id for each in response.results]
    answered += [each for each, error in refusals.items() if error not in later]
    outbox.received(response, answered)
    yield from (Accepted(OperationId(each)) for each in response.accepted)
    yield from (Settled(decode_status(each)) for each in response.results)
    yield from (Refused(each, error) for each, error in refusals.items() if error not in later)
    if later:
        raise later[0]
