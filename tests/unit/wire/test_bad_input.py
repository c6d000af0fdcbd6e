"""Bytes and lines that are no operation: refused with a clear error, never decoded to something else."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from bridge.api.v1 import operations_pb2 as pb
from bridge.model import (
    AttributeDelta,
    Body,
    CallerName,
    ConnectorName,
    Create,
    DeltaKind,
    InvalidValueError,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    OperationId,
    Update,
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


def with_value(value: str) -> str:
    """A line in whose create that stands as the value."""
    return LINE.replace('{"string": "ada@example.org"}', value)


def with_body(body: str) -> str:
    """A line with that in place of its create."""
    return LINE[: LINE.index('"create"')] + body + "}"


VALUE = "create.attributes[0].values[0]"
FIELDS = "id, connector, target, create, update, rename, delete, setPassword, changePassword"
KINDS = "DELTA_KIND_ADD, DELTA_KIND_REMOVE or DELTA_KIND_REPLACE"
MANY = "9" * 5_000


@pytest.mark.parametrize(
    ("line", "message"),
    {
        "empty": ("", "not JSON: Expecting value at column 1; give one object a line"),
        "no object": ("[1]", "not an operation: give one JSON object a line, {…}"),
        "torn": (LINE[:50], "not JSON: Unterminated string starting at column 47; give one object a line"),
        "torn before its end": ('{"id": \n', "not JSON: Expecting value at column 7; give one object a line"),
        "byte order mark": ("\ufeff" + LINE, "begins with a byte order mark; save the file as UTF-8 without one"),
        "nested": ("[" * 100_000, "not an operation: it is nested too deep"),
        "many digits": (MANY, "not an operation: it has a number of thousands of digits"),
        "unknown field": ('{"conector": "a"}', f"has an unknown field 'conector'; its fields are {FIELDS}"),
        "unknown field within": (
            LINE.replace('"values"', '"value"'),
            "create.attributes[0] has an unknown field 'value'; its fields are name, values",
        ),
        "field of nothing": (
            with_body('"delete": {"a": 1}'),
            "delete has an unknown field 'a'; its fields are none: it is {}",
        ),
        "duplicate key": ('{"id": "1", "id": "2"}', "id is given twice; give it once"),
        "both spellings": (
            LINE.replace('"objectType"', '"object_type": "user", "objectType"'),
            "target.objectType is given beside objectType; give one of the two",
        ),
        "two bodies": (LINE[:-1] + ', "delete": {}}', "delete is given beside create; give one of the two"),
        "no body": (
            with_body('"delete": null'),
            "body is not set; set one of create, update, rename, delete, setPassword, changePassword",
        ),
        "missing id": ('{"connector": "c"}', "id is missing; give every operation an id of its own, best a UUIDv7"),
        "bad id": (LINE.replace('"1"', '"a b"'), "id is not 1 to 128 characters of A-Z a-z 0-9 . _ : -"),
        "id is a number": (LINE.replace('"1"', "1"), "id is a number; give a text in quotes"),
        "no connector": ('{"id": "1"}', "connector is empty or missing"),
        "no type": (LINE.replace('"objectType": "user", ', ""), "target.objectType is empty or missing"),
        "no new name": (with_body('"rename": {}'), "rename.newName is empty or missing"),
        "no list": (
            with_body('"create": {"attributes": {"mail": "x"}}'),
            "create.attributes is an object; give a list, […]",
        ),
        "unknown enum": (
            with_body('"update": {"deltas": [{"attribute": "a", "kind": "ADD"}]}'),
            f"update.deltas[0].kind is 'ADD'; use {KINDS}",
        ),
        "enum is a number": (
            with_body('"update": {"deltas": [{"attribute": "a", "kind": 1}]}'),
            f"update.deltas[0].kind is a number; give {KINDS}",
        ),
        "no enum": (
            with_body('"update": {"deltas": [{"attribute": "a"}]}'),
            f"update.deltas[0].kind is missing; use {KINDS}",
        ),
        "bare value": (
            with_value('"x"'),
            f"{VALUE} is a text; give an object with one of string, integer, boolean, binary, timestamp, reference",
        ),
        "null value": (
            with_value("null"),
            f"{VALUE} is null; give an object with one of string, integer, boolean, binary, timestamp, reference",
        ),
        "two values": (
            with_value('{"string": "a", "integer": 1}'),
            f"{VALUE}.integer is given beside string; give one of the two",
        ),
        "lone surrogate": (
            with_value('{"string": "\\ud800"}'),
            f"{VALUE}.string holds half of a surrogate pair, which is no character; write the character",
        ),
        "not a number": (with_value('{"integer": NaN}'), f"{VALUE}.integer is a number; give a whole number"),
        "infinity": (with_value('{"integer": 1e999}'), f"{VALUE}.integer is a number; give a whole number"),
        "true is no number": (
            with_value('{"integer": true}'),
            f"{VALUE}.integer is true or false; give a whole number",
        ),
        "words are no number": (
            with_value('{"integer": "one"}'),
            f"{VALUE}.integer is a text that is no whole number of 64 bits; give a whole number",
        ),
        "over 64 bits": (
            with_value('{"integer": "9223372036854775808"}'),
            f"{VALUE}.integer is out of range; give -9223372036854775808 to 9223372036854775807",
        ),
        "no boolean": (with_value('{"boolean": "true"}'), f"{VALUE}.boolean is a text; give true or false"),
        "no binary": (with_value('{"binary": [1]}'), f"{VALUE}.binary is a list; give base64 in quotes"),
        "no base64": (with_value('{"binary": "a?b="}'), f"{VALUE}.binary is not base64; encode the bytes as base64"),
        "no time": (
            with_value('{"timestamp": "2026-01-31"}'),
            f'{VALUE}.timestamp is no time; give a time with its zone, as "2026-01-31T08:00:00Z"',
        ),
        "time is a number": (
            with_value('{"timestamp": 1}'),
            f'{VALUE}.timestamp is a number; give a time with its zone, as "2026-01-31T08:00:00Z"',
        ),
        "password is a text": (
            with_body('"setPassword": "Zq9"'),
            "setPassword is a text; give an object with password",
        ),
        "key is the password": (
            with_body('"changePassword": {"Zq9": 1}'),
            "changePassword has a field that is not known; its fields are oldPassword, newPassword",
        ),
    }.values(),
)
def test_fault_27_a_line_that_is_no_operation_is_refused_with_its_field_and_the_fix(line: str, message: str):
    with pytest.raises(InvalidValueError) as refused:
        operation_from_json(line, ME)
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (2**70, "an integer does not fit into 64 bits"),
        ("\ud800", "a text is no Unicode"),
        (1.5, "a value is a float; give a str, int, bool, bytes, datetime"),
        (None, "a value is a NoneType; give a str, int, bool, bytes, datetime"),
    ],
)
def test_a_value_that_the_wire_cannot_carry_is_refused_by_the_client_with_its_attribute(value: object, fault: str):
    for body in (Create({"mail": (value,)}), Update((AttributeDelta("mail", DeltaKind.ADD, (value,)),))):
        with pytest.raises(InvalidValueError, match=f"operation 1 cannot be sent: attribute mail: {fault}"):
            encode_operation(replace(ADA, body=body))


@pytest.mark.parametrize(
    ("body", "message"),
    {
        "text for a tuple": (Create({"mail": "ada@example.org"}), "attribute mail has one str where its values go"),
        "bytes for a tuple": (Create({"mail": b"x"}), "attribute mail has one bytes where its values go"),
        "number for a tuple": (Create({"mail": 5}), "attribute mail has one int where its values go"),
        "text in a delta": (
            Update((AttributeDelta("mail", DeltaKind.ADD, "ada"),)),
            "attribute mail has one str where its values go",
        ),
        "mapping for deltas": (
            Update({"mail": "ada"}),
            "an update has no deltas of mail but a mapping; give a tuple of",
        ),
        "text for deltas": (Update("ada"), "an update has something else than deltas; give a tuple of"),
    }.values(),
)
def test_values_of_the_wrong_type_are_refused_by_the_client_without_being_shown(body: Body, message: str):
    with pytest.raises(InvalidValueError, match=f"operation 1 cannot be sent: {message}") as refused:
        encode_operation(replace(ADA, body=body))
    assert "ada" not in refused.value.message


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
