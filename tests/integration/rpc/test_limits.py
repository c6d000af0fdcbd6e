"""Deadlines, sizes and shapes: what is refused, how, and what stays open to all."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pb2
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from bridge.api.v1 import objects_pb2, values_pb2
from bridge.api.v1 import operations_pb2 as pb
from bridge.ingress.rpc import CallerDirectory, SocketListener
from bridge.ingress.rpc.server import MAX_CALLS, MAX_MESSAGE
from bridge.wire.operations import encode_operation
from tests.integration.rpc.bridge import RunningBridge, create, running

SUBMIT = "/bridge.api.v1.Operations/Submit"
OPEN_STATES = {pb.STATE_ACCEPTED, pb.STATE_RUNNING, pb.STATE_WAITING}
SEARCH = "/bridge.api.v1.Objects/Search"


@pytest.fixture
def channel(bridge: RunningBridge) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(bridge.target, (("grpc.max_send_message_length", -1),)) as opened:
        yield opened


def refusal(channel: grpc.Channel, method: str, raw: bytes, **options: object) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(method)(raw, timeout=10, **options)
    return caught.value


def test_fault_27_a_message_over_four_mebibytes_is_refused(bridge: RunningBridge, channel: grpc.Channel):
    error = refusal(channel, SUBMIT, bytes(MAX_MESSAGE + 1))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not bridge.accepted()


@pytest.mark.parametrize("raw", [b"\xff", b"\x0a\x05abc", os.urandom(64) + b"\xff", b"\x0a\x02\x0b\x0b" * 1_000])
def test_fault_28_bytes_that_are_no_message_are_refused(channel: grpc.Channel, raw: bytes):
    error = refusal(channel, SUBMIT, raw)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "bridge.api.v1.SubmitRequest" in error.details()


def test_fault_28_a_message_nested_without_end_is_refused(channel: grpc.Channel):
    nested = values_pb2.Filter(present=values_pb2.Filter.Present(attribute="mail")).SerializeToString()
    for _ in range(5_000):
        nested = b"\x2a" + _varint(len(nested)) + nested
    raw = b"\x0a\x06people\x12\x04user\x1a" + _varint(len(nested)) + nested
    with pytest.raises(grpc.RpcError) as caught:
        list(channel.unary_stream(SEARCH)(raw, timeout=10))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def _varint(number: int) -> bytes:
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def test_fault_28_an_unknown_kind_of_operation_is_refused(bridge: RunningBridge, channel: grpc.Channel):
    operation = encode_operation(create())
    operation.ClearField("create")
    unknown = operation.SerializeToString() + b"\xa2\x06\x00"  # member 100 of a later version of the API
    error = refusal(channel, SUBMIT, b"\x0a" + _varint(len(unknown)) + unknown)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.details().startswith("operation.body is not set; set one of create, update")
    assert not bridge.accepted()


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_fault_31_compressed_messages_are_refused_unopened(
    bridge: RunningBridge, channel: grpc.Channel, compression: grpc.Compression
):
    error = refusal(channel, SUBMIT, bytes(50_000_000), compression=compression)
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert not bridge.accepted()


def test_fault_29_no_deadline_is_given_one(
    bridge: RunningBridge, channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bridge.ingress.rpc.calls.DEFAULT_DEADLINE", 1.2)
    bridge.cut_off()
    submit = channel.unary_unary(SUBMIT, response_deserializer=pb.OperationStatus.FromString)
    request = pb.SubmitRequest(operation=encode_operation(create()), wait=True)
    assert submit(request.SerializeToString()).state in OPEN_STATES


def test_fault_29_a_far_deadline_is_capped(
    bridge: RunningBridge, channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bridge.ingress.rpc.calls.LONGEST_DEADLINE", 1.2)
    bridge.cut_off()
    submit = channel.unary_unary(SUBMIT, response_deserializer=pb.OperationStatus.FromString)
    request = pb.SubmitRequest(operation=encode_operation(create()), wait=True)
    assert submit(request.SerializeToString(), timeout=864_000).state in OPEN_STATES


def test_fault_29_a_passed_deadline_cancels_the_waiting_not_the_operation(bridge: RunningBridge, channel: grpc.Channel):
    bridge.cut_off()
    request = pb.SubmitRequest(operation=encode_operation(create()), wait=True)
    call = channel.unary_unary(SUBMIT, response_deserializer=pb.OperationStatus.FromString)
    status = call(request.SerializeToString(), timeout=1.1)
    bridge.let_in()
    get = channel.unary_unary("/bridge.api.v1.Operations/Get", response_deserializer=pb.OperationStatus.FromString)
    final = get(pb.GetOperationRequest(id=status.id, wait=True).SerializeToString(), timeout=10)
    assert final.state == pb.STATE_SUCCEEDED


def test_fault_29_a_deadline_of_nothing_is_refused(channel: grpc.Channel):
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(SUBMIT)(b"", timeout=-1)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_fault_30_calls_beyond_the_limit_are_refused_and_the_others_go_on(bridge: RunningBridge):
    options = (("grpc.use_local_subchannel_pool", 1),)
    channels = [grpc.insecure_channel(bridge.target, options) for _ in range(3)]
    over = 88
    watches = [
        channel.unary_stream("/bridge.api.v1.Operations/Watch")(b"", timeout=30)
        for channel in channels
        for _ in range((MAX_CALLS + over) // 3)
    ]
    refused = threading.Semaphore(0)
    for watch in watches:
        watch.add_done_callback(lambda _: refused.release())
    for _ in range(over):
        assert refused.acquire(timeout=10)
    admitted = [watch for watch in watches if not watch.done()]
    assert len(admitted) == MAX_CALLS
    assert {watch.code() for watch in watches if watch.done()} == {grpc.StatusCode.RESOURCE_EXHAUSTED}

    submit = pb.SubmitRequest(operation=encode_operation(create())).SerializeToString()
    assert refusal(channels[0], SUBMIT, submit).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    admitted.pop().cancel()
    while True:  # until the bridge has seen the cancel
        with contextlib.suppress(grpc.RpcError):
            channels[0].unary_unary(SUBMIT)(submit, timeout=10)
            break
    assert next(admitted[0])
    for channel in channels:
        channel.close()


def test_error_details_name_the_operation_and_the_time_to_try_again(
    bridge: RunningBridge, channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bridge.journal.journal.RETRY_SECONDS", 2.5)
    bridge.limits = replace(bridge.limits, pending=0)
    bridge.restart()
    operation = encode_operation(create())
    error = refusal(channel, SUBMIT, pb.SubmitRequest(operation=operation).SerializeToString())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    (packed,) = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
    details = Status.FromString(packed).details
    info, retry = ErrorInfo(), RetryInfo()
    assert details[0].Unpack(info)
    assert details[1].Unpack(retry)
    assert (info.reason, info.metadata["operation"]) == ("backlog_full", operation.id)
    assert retry.retry_delay.ToMilliseconds() == 2_500


def test_a_failure_of_the_bridge_itself_tells_nothing_of_its_inside(
    bridge: RunningBridge, channel: grpc.Channel, caplog: pytest.LogCaptureFixture
):
    bridge.engine.submit = None
    error = refusal(channel, SUBMIT, pb.SubmitRequest(operation=encode_operation(create())).SerializeToString())
    assert (error.code(), error.details()) == (grpc.StatusCode.INTERNAL, "the bridge failed; its log says where")
    assert "not callable" in caplog.text


@pytest.mark.parametrize(
    ("method", "request_", "message"),
    [
        ("Operations/List", pb.ListOperationsRequest(page_size=1_001), "page_size is 1001; at most 1000 is allowed"),
        ("Operations/List", pb.ListOperationsRequest(page_token="x"), "page_token is not one that a page before"),
        ("Operations/List", pb.ListOperationsRequest(states=[1, 99]), r"states[1] is 99; use one of the values"),
        ("Operations/List", pb.ListOperationsRequest(order=7), "order is 7; use LIST_ORDER_OLDEST_FIRST or"),
        ("Operations/List", pb.ListOperationsRequest(states=[0]), r"states[0] is 0; use one of the values"),
        ("Operations/Get", pb.GetOperationRequest(id="a b"), "id is not 1 to 128 characters of"),
        ("Operations/Cancel", pb.OperationStepRequest(id="a", caller="x" * 129), "caller has 129 characters"),
        ("Objects/Read", objects_pb2.ReadRequest(connector="people"), "ref.object_type is empty"),
    ],
)
def test_a_request_out_of_bounds_is_refused_by_its_field(
    channel: grpc.Channel, method: str, request_: pb.ListOperationsRequest, message: str
):
    error = refusal(channel, f"/bridge.api.v1.{method}", request_.SerializeToString())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.details().startswith(message)


def check_health(channel: grpc.Channel, service: str = "") -> int:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check", response_deserializer=health_pb2.HealthCheckResponse.FromString
    )
    return check(health_pb2.HealthCheckRequest(service=service).SerializeToString(), timeout=5).status


def list_services(channel: grpc.Channel) -> set[str]:
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    info = channel.stream_stream(method, response_deserializer=reflection_pb2.ServerReflectionResponse.FromString)
    request = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
    (response,) = info(iter([request]), timeout=5)
    return {each.name for each in response.list_services_response.service}


def test_health_is_told_to_anyone_and_reflection_to_callers_only(private: Path):
    with (
        running(private, CallerDirectory(), socket=SocketListener(private / "other")) as bridge,
        grpc.insecure_channel(bridge.target) as channel,
    ):
        assert check_health(channel) == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            list_services(channel)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_health_is_told_for_each_service(channel: grpc.Channel):
    assert check_health(channel, "bridge.api.v1.Operations") == health_pb2.HealthCheckResponse.SERVING


def test_health_is_told_for_each_connector(bridge: RunningBridge, channel: grpc.Channel):
    watch = channel.unary_stream(
        "/grpc.health.v1.Health/Watch", response_deserializer=health_pb2.HealthCheckResponse.FromString
    )
    request = health_pb2.HealthCheckRequest(service="connectors/people").SerializeToString()
    changes = (each.status for each in watch(request, timeout=20))
    assert next(changes) == health_pb2.HealthCheckResponse.SERVING
    bridge.cut_off()
    submit = channel.unary_unary(SUBMIT, response_deserializer=pb.OperationStatus.FromString)
    submit(pb.SubmitRequest(operation=encode_operation(create())).SerializeToString(), timeout=10)
    assert next(changes) == health_pb2.HealthCheckResponse.NOT_SERVING
    bridge.let_in()
    assert next(changes) == health_pb2.HealthCheckResponse.SERVING


def test_reflection_tells_the_services_and_their_messages(channel: grpc.Channel):
    assert {"bridge.api.v1.Operations", "bridge.api.v1.Objects", "bridge.api.v1.Connectors"} <= list_services(channel)
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    info = channel.stream_stream(method, response_deserializer=reflection_pb2.ServerReflectionResponse.FromString)
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol="bridge.api.v1.Operations")
    (response,) = info(iter([request.SerializeToString()]), timeout=5)
    file = descriptor_pb2.FileDescriptorProto.FromString(response.file_descriptor_response.file_descriptor_proto[0])
    assert file.package == "bridge.api.v1"
