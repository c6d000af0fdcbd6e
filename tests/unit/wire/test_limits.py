"""Every limit that the .proto files promise, at the limit and one beyond; every message names the field."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from bridge.api.v1 import operations_pb2 as pb
from bridge.api.v1 import values_pb2 as values
from bridge.model import CallerName, InvalidValueError, Operation
from bridge.wire.fields import FieldError
from bridge.wire.filters import decode_filter
from bridge.wire.operations import decode_operation, decode_operations

ME = CallerName("hr")

Change = Callable[[pb.Operation], object]


def operation(change: Change | None = None) -> pb.Operation:
    """A create that is right, changed by the test."""
    message = pb.Operation(
        id="1", connector="people", target=values.ObjectRef(object_type="user", name="ada"), create=pb.Create()
    )
    if change is not None:
        change(message)
    return message


def attribute(message: pb.Operation, name: str, *given: values.Value) -> None:
    message.create.attributes.add(name=name, values=given)


def value(**kind: object) -> Change:
    return lambda message: attribute(message, "a", values.Value(**kind))


def delta(**fields: object) -> Change:
    return lambda message: message.update.deltas.add(**fields)


def many(count: int) -> Change:
    return lambda message: [attribute(message, f"a{number}") for number in range(count)]


def many_deltas(count: int) -> Change:
    return lambda message: [message.update.deltas.add(attribute="a", kind=3) for _ in range(count)]


def many_values(count: int) -> Change:
    return lambda message: attribute(message, "a", *(values.Value(integer=number) for number in range(count)))


def also(part: str, /, **fields: object) -> Change:
    """Sets fields of a message within the operation."""
    return lambda message: getattr(message, part).MergeFrom(type(getattr(message, part))(**fields))


def field(name: str, text: str) -> Change:
    return lambda message: setattr(message, name, text)


IN_BOUNDS: dict[str, Change] = {
    "id of 128": field("id", "x" * 128),
    "id of every kind of character": field("id", "aZ09._:-"),
    "connector of 128": field("connector", "c" * 128),
    "object type of 128": also("target", object_type="t" * 128),
    "anchor of 1,024": also("target", anchor="a" * 1_024),
    "name of 4,096": also("target", name="n" * 4_096),
    "new name of 4,096": also("rename", new_name="n" * 4_096),
    "attribute name of 256": lambda message: attribute(message, "n" * 256),
    "1,000 attributes": many(1_000),
    "1,000 deltas": many_deltas(1_000),
    "10,000 values": many_values(10_000),
    "a text of 1 MiB": value(string="x" * 2**20),
    "a text of 1 MiB in two-byte characters": value(string="ä" * 2**19),
    "1 MiB": value(binary=bytes(2**20)),
    "NUL in a value": value(string="\0"),
    "an empty text": value(string=""),
    "an explicit null": lambda message: attribute(message, "a"),
    "a clearing replace": delta(attribute="a", kind=pb.DELTA_KIND_REPLACE),
    "the first moment": value(timestamp=Timestamp(seconds=-62_135_596_800)),
    "the last moment": value(timestamp=Timestamp(seconds=253_402_300_799, nanos=999_999_999)),
}

OUT_OF_BOUNDS: dict[str, tuple[Change, str]] = {
    "no id": (field("id", ""), "id is missing; give every operation an id of its own"),
    "id of 129": (field("id", "x" * 129), "id is not 1 to 128"),
    "id with a space": (field("id", "a b"), "id is not 1 to 128"),
    "id with a line end": (field("id", "a\n"), "id is not 1 to 128"),
    "id with a foreign letter": (field("id", "ä"), "id is not 1 to 128"),
    "no connector": (field("connector", ""), "connector is empty"),
    "connector of 129": (field("connector", "c" * 129), "connector has 129 characters; at most 128 are allowed"),
    "no target": (lambda message: message.ClearField("target"), "target.object_type is empty"),
    "object type of 129": (also("target", object_type="t" * 129), "target.object_type has 129 characters"),
    "anchor of 1,025": (also("target", anchor="a" * 1_025), "target.anchor has 1025 characters"),
    "name of 4,097": (also("target", name="n" * 4_097), "target.name has 4097 characters"),
    "a create without a name": (
        lambda message: message.target.CopyFrom(values.ObjectRef(object_type="user", anchor="1")),
        "target.name is empty; a create gives the name",
    ),
    "a target of neither anchor nor name": (
        lambda message: message.target.CopyFrom(values.ObjectRef(object_type="user")),
        "target has neither anchor nor name; give at least one",
    ),
    "no body": (lambda message: message.ClearField("create"), "body is not set; set one of create, update"),
    "no new name": (also("rename", new_name=""), "rename.new_name is empty"),
    "new name of 4,097": (also("rename", new_name="n" * 4_097), "rename.new_name has 4097 characters"),
    "no password": (also("set_password"), "set_password.password is empty"),
    "no old password": (also("change_password", new_password="x"), "change_password.old_password is empty"),
    "no new password": (also("change_password", old_password="x"), "change_password.new_password is empty"),
    "a password over 1 MiB": (
        also("set_password", password="x" * (2**20 + 1)),
        "set_password.password is longer than 1048576 bytes",
    ),
    "no attribute name": (lambda message: attribute(message, ""), "create.attributes[0].name is empty"),
    "attribute name of 257": (
        lambda message: attribute(message, "n" * 257),
        "create.attributes[0].name has 257 characters",
    ),
    "an attribute twice": (
        lambda message: [attribute(message, name) for name in ("a", "b", "a")],
        "create.attributes[2].name 'a' is given twice",
    ),
    "1,001 attributes": (many(1_001), "create.attributes has 1001 elements; at most 1000 are allowed"),
    "no deltas": (also("update"), "update.deltas is empty; give at least one delta"),
    "1,001 deltas": (many_deltas(1_001), "update.deltas has 1001 elements; at most 1000 are allowed"),
    "10,001 values": (many_values(10_001), "create.attributes[0].values has 10001 elements"),
    "a text over 1 MiB": (
        value(string="x" * (2**20 + 1)),
        "create.attributes[0].values[0].string is longer than 1048576 bytes",
    ),
    "a text over 1 MiB in two-byte characters": (
        value(string="ä" * (2**19 + 1)),
        "create.attributes[0].values[0].string is longer than 1048576 bytes",
    ),
    "over 1 MiB": (value(binary=bytes(2**20 + 1)), "create.attributes[0].values[0].binary has 1048577 bytes"),
    "a value of no kind": (
        value(),
        "create.attributes[0].values[0] is not set; set one of string, integer, boolean, binary, timestamp, reference",
    ),
    "a moment before the first": (
        value(timestamp=Timestamp(seconds=-62_135_596_801)),
        "create.attributes[0].values[0].timestamp is not between the years 1 and 9999",
    ),
    "a moment after the last": (
        value(timestamp=Timestamp(seconds=253_402_300_800)),
        "create.attributes[0].values[0].timestamp is not between",
    ),
    "negative nanos": (
        value(timestamp=Timestamp(seconds=1, nanos=-1)),
        "create.attributes[0].values[0].timestamp is not between",
    ),
    "a reference to nothing": (
        value(reference=values.ObjectRef(object_type="user")),
        "create.attributes[0].values[0].reference has neither anchor nor name",
    ),
    "a delta without attribute": (delta(kind=1), "update.deltas[0].attribute is empty"),
    "a delta of no kind": (
        delta(attribute="a"),
        "update.deltas[0].kind is missing; use DELTA_KIND_ADD, DELTA_KIND_REMOVE or DELTA_KIND_REPLACE",
    ),
    "a delta of an unknown kind": (delta(attribute="a", kind=77), "update.deltas[0].kind is 77; use"),
    "add nothing": (delta(attribute="a", kind=1), "update.deltas[0].values is empty; add needs at least one value"),
    "remove nothing": (delta(attribute="a", kind=2), "update.deltas[0].values is empty; remove needs at least one"),
}


@pytest.mark.parametrize("change", IN_BOUNDS.values(), ids=IN_BOUNDS.keys())
def test_an_operation_at_the_limit_is_decoded(change: Change):
    assert isinstance(decode_operation(operation(change), ME), Operation)


@pytest.mark.parametrize(("change", "message"), OUT_OF_BOUNDS.values(), ids=OUT_OF_BOUNDS.keys())
def test_an_operation_beyond_the_limit_is_refused_by_its_field(change: Change, message: str):
    with pytest.raises(FieldError) as caught:
        decode_operation(operation(change), ME)
    assert str(caught.value).startswith(message)


def test_a_refusal_never_shows_a_value():
    secret = "s3cret"
    with pytest.raises(FieldError) as caught:
        decode_operation(operation(also("set_password", password=secret * 2**18)), ME)
    assert secret not in str(caught.value)


def test_one_bad_operation_does_not_spoil_the_others():
    first, second, third = decode_operations([operation(), operation(field("id", "")), operation()], ME)
    assert isinstance(first, Operation)
    assert isinstance(second, InvalidValueError)
    assert str(second).startswith("operations[1].id is missing")
    assert isinstance(third, Operation)


def present(attribute_name: str = "a") -> values.Filter:
    return values.Filter(present=values.Filter.Present(attribute=attribute_name))


def negated(times: int) -> values.Filter:
    tree = present()
    for _ in range(times):
        tree = values.Filter(none_of=tree)
    return tree


def any_of(count: int) -> values.Filter:
    return values.Filter(any_of=values.Filter.Terms(terms=[present() for _ in range(count)]))


def compare(**fields: object) -> values.Filter:
    return values.Filter(compare=values.Filter.Compare(**fields))


def test_a_filter_at_the_limit_is_decoded():
    decode_filter(negated(15))
    decode_filter(any_of(255))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (negated(16), "filter.none_of" + ".none_of" * 15 + " is deeper than 16 levels"),
        (any_of(256), "filter.any_of.terms[255] has more than 256 nodes"),
        (values.Filter(), "filter is not set; set one of compare, present, all_of, any_of, none_of"),
        (values.Filter(none_of=values.Filter()), "filter.none_of is not set"),
        (any_of(0), "filter.any_of.terms is empty; give at least one filter"),
        (present(""), "filter.present.attribute is empty"),
        (present("a" * 257), "filter.present.attribute has 257 characters"),
        (compare(attribute="a", value=values.Value(integer=1)), "filter.compare.comparison is 0; use one of"),
        (compare(attribute="a", comparison=99), "filter.compare.comparison is 99; use one of"),
        (compare(attribute="a", comparison=1), "filter.compare.value is not set"),
        (compare(comparison=1), "filter.compare.attribute is empty"),
    ],
)
def test_a_filter_beyond_the_limit_is_refused_by_its_field(tree: values.Filter, message: str):
    with pytest.raises(FieldError) as caught:
        decode_filter(tree)
    assert str(caught.value).startswith(message)
