"""What the model can say, the wire carries there and back unchanged."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.api.v1 import connectors_pb2, objects_pb2, operations_pb2, values_pb2
from bridge.model import (
    Anchor,
    AttributeDelta,
    AttributeSchema,
    AttributeType,
    Backlog,
    CallerName,
    Capabilities,
    Change,
    ChangePage,
    ChangePassword,
    ConnectorDescription,
    ConnectorName,
    ConnectorStatus,
    Create,
    Delete,
    DeletedObject,
    DeltaKind,
    Failure,
    Health,
    Mutability,
    Name,
    ObjectRef,
    ObjectType,
    ObjectTypeSchema,
    Operation,
    OperationId,
    OperationKind,
    OperationStatus,
    Partition,
    Rename,
    Replay,
    Schema,
    Secret,
    SetPassword,
    SettleNumber,
    State,
    TargetObject,
    TestReport,
    Update,
    Value,
    Verb,
    Watermark,
)
from bridge.model.filters import And, Compare, Comparison, Filter, Not, Or, Present
from bridge.wire.changes import decode_changes, encode_changes
from bridge.wire.connectors import decode_description, decode_report, encode_description, encode_report
from bridge.wire.filters import decode_filter, encode_filter
from bridge.wire.json import operation_from_json
from bridge.wire.operations import decode_operation, encode_operation
from bridge.wire.status import decode_status, encode_status
from bridge.wire.values import decode_object, decode_value, encode_object, encode_value

ME = CallerName("hr")

# Protobuf carries Unicode scalar values: every character but the surrogates, NUL among them.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
ids = st.from_regex(r"[A-Za-z0-9._:-]{1,128}", fullmatch=True).map(OperationId)
moments = st.datetimes(timezones=st.just(UTC))
names = words.map(Name)
types = words.map(ObjectType)
refs = st.builds(ObjectRef, types, words.map(Anchor), st.none() | names) | st.builds(ObjectRef, types, st.none(), names)
deleted = st.builds(DeletedObject, types, words.map(Anchor))
values = st.one_of(text, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.binary(max_size=40), moments, refs)
value_lists = st.lists(values, max_size=4).map(tuple)
attributes = st.dictionaries(words, value_lists, max_size=5)
deltas = st.one_of(
    st.builds(AttributeDelta, words, st.just(DeltaKind.REPLACE), value_lists),
    st.builds(
        AttributeDelta,
        words,
        st.sampled_from([DeltaKind.ADD, DeltaKind.REMOVE]),
        st.lists(values, min_size=1, max_size=4).map(tuple),
    ),
)
bodies = st.one_of(
    st.builds(Update, st.lists(deltas, min_size=1, max_size=4).map(tuple)),
    st.builds(Rename, names),
    st.builds(Delete),
    st.builds(SetPassword, words.map(Secret)),
    st.builds(ChangePassword, words.map(Secret), words.map(Secret)),
)
connectors = words.map(ConnectorName)
operations = st.one_of(
    st.builds(Operation, ids, st.just(ME), connectors, refs, bodies),
    st.builds(
        Operation,
        ids,
        st.just(ME),
        connectors,
        st.builds(ObjectRef, types, st.none(), names),
        st.builds(Create, attributes),
    ),
)
statuses = st.builds(
    OperationStatus,
    st.integers(0, 2**63),
    ids,
    words.map(CallerName),
    connectors,
    st.sampled_from(OperationKind),
    refs,
    st.sampled_from(State),
    st.integers(0, 2**32 - 1),
    moments,
    st.none() | moments,
    st.none() | st.integers(1, 2**63).map(SettleNumber),
    st.booleans(),
    st.none() | st.builds(Failure, words, text, st.lists(words, max_size=3).map(tuple)),
    st.none() | moments,
)
leaves = st.builds(Compare, words, st.sampled_from(Comparison), values) | st.builds(Present, words)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=12,
).filter(lambda tree: depth(tree) <= 16)


def depth(tree: Filter) -> int:
    match tree:
        case And(terms) | Or(terms):
            return 1 + max(map(depth, terms))
        case Not(term):
            return 1 + depth(term)
        case _:
            return 1


@given(values)
def test_a_value_keeps_its_type_and_content(value: Value):
    message = values_pb2.Value.FromString(encode_value(value).SerializeToString())
    decoded = decode_value(message)
    assert (type(decoded), decoded) == (type(value), value)


@given(operations)
@settings(max_examples=300)
def test_an_operation_is_the_same_after_the_wire(operation: Operation):
    message = operations_pb2.Operation.FromString(encode_operation(operation).SerializeToString())
    assert decode_operation(message, ME) == operation


@given(operations)
def test_an_operation_is_the_same_after_its_json_form(operation: Operation):
    line = json_format.MessageToJson(encode_operation(operation), indent=None)
    assert operation_from_json(line, ME) == operation


@given(statuses)
def test_a_status_is_the_same_after_the_wire(status: OperationStatus):
    message = operations_pb2.OperationStatus.FromString(encode_status(status).SerializeToString())
    assert decode_status(message) == status


@given(filters)
def test_a_filter_is_the_same_after_the_wire(tree: Filter):
    message = values_pb2.Filter.FromString(encode_filter(tree).SerializeToString())
    assert decode_filter(message) == tree


@given(st.builds(TargetObject, types, words.map(Anchor), names, attributes, st.none() | words))
def test_an_object_is_the_same_after_the_wire(read: TargetObject):
    assert decode_object(values_pb2.Object.FromString(encode_object(read).SerializeToString())) == read


@given(
    st.lists(st.builds(TargetObject, types, words.map(Anchor), names, attributes) | deleted),
    st.none() | words.map(Watermark),
)
def test_changes_are_the_same_after_the_wire(changes: list[Change], watermark: Watermark | None):
    messages = [
        objects_pb2.ChangePage.FromString(each.SerializeToString())
        for each in encode_changes(ChangePage(changes, watermark))
    ]
    pages = [decode_changes(each) for each in messages]
    assert [each for page in pages for each in page.changes] == changes
    assert pages[-1].watermark == watermark


def test_the_description_of_a_connector_is_the_same_after_the_wire():
    mail = AttributeSchema(
        "mail",
        AttributeType.REFERENCE,
        multi_valued=True,
        required=True,
        mutability=Mutability.ON_CREATE,
        max_length=80,
        case_exact=False,
        sensitive=True,
        references=(ObjectType("group"),),
        description="where to",
    )
    description = ConnectorDescription(
        ConnectorStatus(
            ConnectorName("people"),
            "ldap",
            Health.OPEN,
            "no answer",
            datetime(2026, 1, 2, tzinfo=UTC),
            Backlog(1, 2, 3, 4, 5, 6, 7),
        ),
        Capabilities(frozenset(Verb), {OperationKind.CREATE: Replay.PROBE}),
        Schema({ObjectType("user"): ObjectTypeSchema(ObjectType("user"), {"mail": mail}, "the DN")}),
        (Partition("dc=example", "all"),),
    )
    message = connectors_pb2.ConnectorDescription.FromString(encode_description(description).SerializeToString())
    assert decode_description(message) == description


def test_the_report_of_a_test_is_the_same_after_the_wire():
    report = TestReport(ok=False, checks=("reached", "refused"))
    assert decode_report(encode_report(report)) == report
