"""What a stream sends, and when."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from bridge.api.v1 import operations_pb2 as pb
from bridge.client.outbox import Outbox
from bridge.model import CallerName, ConnectorName, Delete, Name, ObjectRef, ObjectType, Operation, OperationId

USER = ObjectRef(ObjectType("user"), name=Name("ada"))


def deletes(first: int, count: int) -> list[Operation]:
    return [
        Operation(OperationId(str(number)), CallerName("hr"), ConnectorName("people"), USER, Delete())
        for number in range(first, first + count)
    ]


def test_a_slow_source_is_sent_at_once_and_a_fast_one_in_full_batches():
    more = threading.Event()

    def source() -> Iterator[Operation]:
        yield from deletes(0, 1)
        assert more.wait(10)
        yield from deletes(1, 300)
        assert never.wait(10)

    never = threading.Event()
    outbox = Outbox(source())
    requests = outbox.connect()
    outbox.received(pb.StreamResponse(credits=1_000), ())
    assert [each.id for each in next(requests).operations] == ["0"]
    more.set()
    assert len(next(requests).operations) == 256
    outbox.received(pb.StreamResponse(accepted=[str(number) for number in range(257)]), ())
    assert 0 < len(next(requests).operations) <= 44
    outbox.close()
    never.set()


def test_a_new_connection_begins_with_what_has_no_result():
    outbox = Outbox(deletes(0, 3))
    requests = outbox.connect()
    outbox.received(pb.StreamResponse(credits=10), ())
    sent = [each.id for request in requests for each in request.operations]
    assert sent == ["0", "1", "2"]
    outbox.received(pb.StreamResponse(credits=1), ["1"])
    again = outbox.connect()
    outbox.received(pb.StreamResponse(credits=10), ())
    assert [each.id for request in again for each in request.operations] == ["0", "2"]
    assert not outbox.finished
    outbox.received(pb.StreamResponse(), ["0", "2"])
    assert outbox.finished
