"""The stream: order, credits, breaks."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator
from dataclasses import replace

import grpc
import pytest

from bridge.api.v1 import operations_pb2 as pb
from bridge.client import Accepted, BridgeClient, Paused, Refused, Settled
from bridge.ingress.rpc.stream import CREDITS
from bridge.model import (
    BacklogFullError,
    ConnectorName,
    InvalidValueError,
    Operation,
    OperationId,
    PermissionDeniedError,
    State,
    UnavailableError,
)
from bridge.wire.operations import encode_operation
from tests.integration.rpc.bridge import PAYROLL, RunningBridge, create


class RawStream:
    """A caller that does as the test says, credits or not. A request of None half-closes."""

    def __init__(self, target: str) -> None:
        self._requests: queue.SimpleQueue[pb.StreamRequest | None] = queue.SimpleQueue()
        self._channel = grpc.insecure_channel(target)
        self.responses = self._channel.stream_stream(
            "/bridge.api.v1.Operations/Stream", pb.StreamRequest.SerializeToString, pb.StreamResponse.FromString
        )(iter(self._requests.get, None), timeout=20)

    def send(self, *operations: pb.Operation) -> None:
        self._requests.put(pb.StreamRequest(operations=operations))

    def half_close(self) -> None:
        self._requests.put(None)

    def failure(self) -> tuple[grpc.StatusCode, str]:
        """How the stream ends, which it must do with an error."""
        with pytest.raises(grpc.RpcError) as caught:
            for _ in self.responses:
                pass
        return caught.value.code(), caught.value.details()

    def close(self) -> None:
        self.half_close()
        self.responses.cancel()
        self._channel.close()


@pytest.fixture
def raw(bridge: RunningBridge) -> Iterator[RawStream]:
    stream = RawStream(bridge.target)
    yield stream
    stream.close()


def test_every_operation_is_accepted_and_settled(bridge: RunningBridge, client: BridgeClient):
    operations = [create(f"u{number}") for number in range(10_000)]
    events = list(client.stream(operations))
    assert [each.id for each in events if isinstance(each, Accepted)] == [each.id for each in operations]
    assert {each.status.id for each in events if isinstance(each, Settled)} == {each.id for each in operations}
    assert bridge.accepted() == [each.id for each in operations]


def test_nothing_to_send_is_nothing_to_tell(client: BridgeClient):
    assert list(client.stream([])) == []


def test_a_bad_operation_is_refused_and_the_others_of_the_message_are_accepted(client: BridgeClient):
    operations = [create("u0"), create(connector=ConnectorName("")), create("u2"), create(connector=PAYROLL)]
    events = list(client.stream(operations))
    refused = {each.id: each.error for each in events if isinstance(each, Refused)}
    assert set(refused) == {operations[1].id, operations[3].id}
    assert isinstance(refused[operations[1].id], InvalidValueError)
    assert "connector is empty" in str(refused[operations[1].id])
    assert isinstance(refused[operations[3].id], PermissionDeniedError)
    settled = {each.status.id for each in events if isinstance(each, Settled)}
    assert settled == {operations[0].id, operations[2].id}


def test_the_client_sends_no_more_than_it_has_credits_for(bridge: RunningBridge, client: BridgeClient):
    bridge.cut_off()
    events = client.stream(create(f"u{number}") for number in itertools.count())
    accepted = [next(events) for _ in range(CREDITS)]
    assert all(isinstance(each, Accepted) for each in accepted)
    assert len(bridge.accepted()) == CREDITS
    bridge.let_in()
    assert sum(isinstance(next(events), Settled) for _ in range(CREDITS)) > 0
    events.close()


def test_a_slow_source_is_not_held_up_for_a_full_batch(bridge: RunningBridge, client: BridgeClient):
    answered = threading.Semaphore(0)

    def one_after_the_other() -> Iterator[Operation]:
        for number in range(5):
            yield create(f"u{number}")
            assert answered.acquire(timeout=10)

    for event in client.stream(one_after_the_other()):
        if isinstance(event, Settled):
            answered.release()
    assert len(bridge.accepted()) == 5


def test_a_fault_of_the_source_is_raised_after_the_results_of_what_was_sent(client: BridgeClient):
    def broken() -> Iterator[Operation]:
        yield create("u0")
        raise ValueError("line 2 is torn")

    events = client.stream(broken())
    assert isinstance(next(events), Accepted)
    assert isinstance(next(events), Settled)
    with pytest.raises(ValueError, match="torn"):
        next(events)


def test_the_stream_survives_a_restart_of_the_bridge(bridge: RunningBridge, client: BridgeClient):
    bridge.cut_off()
    operations = [create(f"u{number}") for number in range(1_000)]
    events = client.stream(operations)
    for _ in range(500):
        assert isinstance(next(events), Accepted)
    bridge.restart()
    settled = [each.status.id for each in events if isinstance(each, Settled)]
    assert sorted(settled) == sorted(each.id for each in operations)
    assert bridge.accepted() == [each.id for each in operations]


def test_patience_ends_where_no_bridge_answers(bridge: RunningBridge, client: BridgeClient):
    bridge.stop()
    with pytest.raises(UnavailableError):
        list(client.stream([create()], patience=0.2))


def test_a_refusal_that_asks_for_patience_is_sent_again(
    bridge: RunningBridge, client: BridgeClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bridge.journal.journal.RETRY_SECONDS", 0.05)
    bridge.limits = replace(bridge.limits, pending=1)
    bridge.restart()
    bridge.cut_off()
    first, second = create("u0"), create("u1")
    client.submit(first)
    with pytest.raises(BacklogFullError, match="max_pending"):
        list(client.stream([second], patience=0.1))
    threading.Timer(0.2, bridge.let_in).start()
    events = list(client.stream([second]))
    assert [type(each) for each in events] == [Paused, Accepted, Settled]


def test_the_opening_grant_comes_first(raw: RawStream):
    first = next(raw.responses)
    assert (first.credits, len(first.accepted), len(first.results)) == (CREDITS, 0, 0)


def test_every_result_and_every_refusal_gives_a_credit_back(raw: RawStream):
    next(raw.responses)
    raw.send(*(encode_operation(create(f"u{number}")) for number in range(3)), pb.Operation(id="bad"))
    raw.half_close()
    rest = list(raw.responses)
    assert sum(each.credits for each in rest) == 4
    assert sum(len(each.results) for each in rest) == 3
    (refusal,) = [each for response in rest for each in response.refusals]
    assert (refusal.id, refusal.status) == ("bad", "INVALID_ARGUMENT")
    assert refusal.message.startswith("operations[3].connector is empty")


def test_an_id_sent_twice_gives_both_credits_back(bridge: RunningBridge, raw: RawStream):
    bridge.cut_off()
    next(raw.responses)
    operation = encode_operation(create())
    raw.send(operation, operation)
    raw.send(operation)
    raw.half_close()
    accepted = []
    while len(accepted) < 3:
        accepted += next(raw.responses).accepted
    bridge.let_in()
    rest = list(raw.responses)
    assert sum(each.credits for each in rest) == 3
    assert sum(len(each.results) for each in rest) == 1


def test_sending_without_credit_ends_the_stream(bridge: RunningBridge, raw: RawStream):
    bridge.cut_off()
    for _ in range(CREDITS // 512):
        raw.send(*(encode_operation(create(f"u{number}")) for number in range(512)))
    raw.send(encode_operation(create()))
    code, message = raw.failure()
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "1 operations were sent on 0 credits" in message
    assert len(bridge.accepted()) == CREDITS


def test_a_message_of_more_than_a_thousand_operations_is_refused(bridge: RunningBridge, raw: RawStream):
    raw.send(*(pb.Operation(id=f"u{number}") for number in range(1_001)))
    code, message = raw.failure()
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert message == "operations has 1001 elements; at most 1000 are allowed"
    assert not bridge.accepted()


def test_half_close_delivers_the_outstanding_results_then_ends(bridge: RunningBridge, raw: RawStream):
    bridge.cut_off()
    raw.send(encode_operation(create()))
    raw.half_close()
    accepted: list[str] = []
    while not accepted:
        accepted += next(raw.responses).accepted
    bridge.let_in()
    assert [each.state for response in raw.responses for each in response.results] == [pb.STATE_SUCCEEDED]
    assert raw.responses.code() is grpc.StatusCode.OK


def test_operations_of_a_broken_stream_go_on(bridge: RunningBridge, client: BridgeClient, raw: RawStream):
    bridge.cut_off()
    operation = create()
    raw.send(encode_operation(operation))
    while not next(raw.responses).accepted:
        pass
    raw.responses.cancel()
    bridge.let_in()
    assert client.get(OperationId(operation.id), wait=True).state is State.SUCCEEDED


def test_a_caller_that_does_not_read_is_bounded_by_its_credits(bridge: RunningBridge, raw: RawStream):
    names = [f"{number:n>1000}" for number in range(6 * CREDITS)]
    for start in range(0, len(names), 256):
        raw.send(*(encode_operation(create(name)) for name in names[start : start + 256]))
    raw.half_close()
    bridge.quiet()
    told: list[pb.OperationStatus] = []
    with pytest.raises(grpc.RpcError) as caught:
        told.extend(each for response in raw.responses for each in response.results)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert CREDITS <= len(bridge.accepted()) <= CREDITS + len(told)


def test_fault_28_bytes_that_are_no_message_end_the_stream(bridge: RunningBridge):
    channel = grpc.insecure_channel(bridge.target)
    responses = channel.stream_stream("/bridge.api.v1.Operations/Stream")(iter([b"\x0a\xff\x01"]), timeout=10)
    with pytest.raises(grpc.RpcError) as caught:
        list(responses)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "is not a bridge.api.v1.StreamRequest" in caught.value.details()
    channel.close()


def test_a_grant_taken_away_counts_from_the_next_message_on(bridge: RunningBridge, raw: RawStream):
    raw.send(encode_operation(create()))
    while not next(raw.responses).results:
        pass
    bridge.gate.directory = type(bridge.gate.directory)()
    raw.send(encode_operation(create()))
    assert raw.failure()[0] is grpc.StatusCode.UNAUTHENTICATED
    assert len(bridge.accepted()) == 1
