"""Bytes and lines that are no operation: refused with a clear error, never decoded to something else."""

from __future__ import annotations

import contextlib

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from bridge.api.v1 import operations_pb2 as pb
from bridge.model import (
    CallerName,
    ConnectorName,
    Create,
    InvalidValueError,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    OperationId,
    errors,
)
from bridge.wire.errors import STATUS, decode_refusal, encode_refusal, error_of, status_name
from bridge.wire.fields import FieldError
from bridge.wire.json import operation_from_json
from bridge.wire.operations import decode_operation, encode_operation

ME = CallerName("hr")
ADA = Operation(
    OperationId("1"),
    ME,
    ConnectorName("people"),
    ObjectRef(ObjectType("user"), name=Name("ada")),
    Create({"mail": ("ada@example.org",)}),
)
LINE = (
    '{"id": "1", "connector": "people", "target": {"objectType": "user", "name": "ada"},'
    ' "create": {"attributes": [{"name": "mail", "values": [{"string": "ada@example.org"}]}]}}'
)


@given(st.binary(max_size=200))
def test_fault_28_random_bytes_are_refused_or_decoded_in_bounds(raw: bytes):
    with contextlib.suppress(DecodeError, FieldError):
        assert isinstance(decode_operation(pb.Operation.FromString(raw), ME), Operation)


@given(st.data())
def test_fault_28_a_truncated_operation_is_never_another_operation(data: st.DataObject):
    whole = encode_operation(ADA).SerializeToString()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises((DecodeError, FieldError)):
        decode_operation(pb.Operation.FromString(whole[:cut]), ME)


def test_a_line_of_json_is_an_operation():
    assert operation_from_json(LINE, ME) == ADA


@pytest.mark.parametrize(
    ("line", "message"),
    {
        "empty": ("", "not an operation"),
        "no object": ("[1]", "not an operation"),
        "torn": (LINE[:50], "not an operation"),
        "byte order mark": ("\ufeff" + LINE, "not an operation"),
        "unknown field": ('{"id": "1", "conector": "people"}', 'no field named "conector"'),
        "duplicate key": ('{"id": "1", "id": "2"}', "not an operation"),
        "two bodies": (LINE[:-1] + ', "delete": {}}', "not an operation"),
        "unknown enum": (
            '{"id": "1", "update": {"deltas": [{"attribute": "a", "kind": "DELTA_KIND_MERGE"}]}}',
            "DELTA_KIND_MERGE",
        ),
        "not a number": ('{"update": {"deltas": [{"values": [{"integer": NaN}]}]}}', "not an operation"),
        "infinity": ('{"update": {"deltas": [{"values": [{"integer": 1e999}]}]}}', "not an operation"),
        "over 64 bits": ('{"update": {"deltas": [{"values": [{"integer": "9223372036854775808"}]}]}}', "out of range"),
        "lone surrogate": ('{"id": "\\ud800"}', "not an operation"),
        "nested": ('{"a":' * 10_000 + "1" + "}" * 10_000, "not an operation"),
        "missing body": (
            '{"id": "1", "connector": "c", "target": {"objectType": "u", "name": "n"}}',
            "body is not set",
        ),
        "missing id": ('{"connector": "c"}', "id is not 1 to 128 characters"),
    }.values(),
)
def test_fault_27_a_line_that_is_no_operation_is_refused(line: str, message: str):
    with pytest.raises(InvalidValueError, match=message):
        operation_from_json(line, ME)


@pytest.mark.parametrize("value", [2**63, "\ud800", 1.5])
def test_a_value_that_the_wire_cannot_carry_is_refused_by_the_client(value: object):
    operation = Operation(ADA.id, ME, ADA.connector, ADA.target, Create({"mail": (value,)}))
    with pytest.raises(InvalidValueError, match="operation 1 cannot be sent"):
        encode_operation(operation)


def test_an_id_that_the_bridge_would_refuse_is_refused_by_the_client():
    operation = Operation(OperationId("x" * 129), ME, ADA.connector, ADA.target, ADA.body)
    with pytest.raises(InvalidValueError, match="id is not 1 to 128"):
        encode_operation(operation)


def test_every_error_of_the_model_has_a_status():
    assert set(STATUS) == set(errors.by_code().values())


@pytest.mark.parametrize("kind", STATUS)
def test_an_error_comes_back_as_its_own_class(kind: type[errors.BridgeError]):
    returned = error_of(status_name(kind("told")), "told", code=kind.code, retry_after=2.0)
    assert (type(returned), returned.message, returned.retry_after) == (kind, "told", 2.0)


def test_a_refusal_carries_status_message_and_time_to_wait():
    refusal = encode_refusal("1", errors.BacklogFullError("full", retry_after=3.0))
    assert (refusal.id, refusal.status, refusal.message, refusal.retry_after) == (
        "1",
        "RESOURCE_EXHAUSTED",
        "full",
        3.0,
    )
    returned = decode_refusal(refusal)
    assert (type(returned), returned.retry_after) == (errors.BacklogFullError, 3.0)


def test_a_status_that_nobody_foresaw_is_an_unexpected_error():
    assert type(error_of("DATA_LOSS", "gone")) is errors.UnexpectedError
