"""What is told of a connector, both ways."""

from __future__ import annotations

from typing import Final, cast

from bridge.api.v1 import connectors_pb2 as pb
from bridge.model.capabilities import Capabilities, Replay, Verb
from bridge.model.identity import ConnectorName, ObjectType
from bridge.model.operations import OperationKind
from bridge.model.schema import (
    AttributeSchema,
    AttributeType,
    Mutability,
    ObjectTypeSchema,
    Partition,
    Schema,
)
from bridge.model.status import Backlog, ConnectorDescription, ConnectorStatus, Health, TestReport
from bridge.wire.fields import FieldError
from bridge.wire.values import decode_time, encode_time

_NUMBERS: Final = {health: cast("pb.Health", pb.Health.Value(f"HEALTH_{health.name}")) for health in Health}
_HEALTH: Final = {number: health for health, number in _NUMBERS.items()}


def encode_connector(status: ConnectorStatus) -> pb.Connector:
    backlog = status.backlog
    return pb.Connector(
        name=status.name,
        adapter=status.adapter,
        health=_NUMBERS[status.health],
        reason=status.reason,
        since=encode_time(status.since),
        backlog=pb.Backlog(
            accepted=backlog.accepted,
            running=backlog.running,
            waiting=backlog.waiting,
            not_ready=backlog.not_ready,
            uncertain=backlog.uncertain,
            staged=backlog.staged,
            parked=backlog.parked,
        ),
    )


def decode_connector_status(message: pb.Connector) -> ConnectorStatus:
    health = _HEALTH.get(message.health)
    if health is None:
        raise FieldError("health", f"is {message.health}, which this client does not know")
    counts = message.backlog
    return ConnectorStatus(
        name=ConnectorName(message.name),
        adapter=message.adapter,
        health=health,
        reason=message.reason,
        since=decode_time(message.since),
        backlog=Backlog(
            counts.accepted,
            counts.running,
            counts.waiting,
            counts.not_ready,
            counts.uncertain,
            counts.staged,
            counts.parked,
        ),
    )


def encode_description(description: ConnectorDescription) -> pb.ConnectorDescription:
    return pb.ConnectorDescription(
        connector=encode_connector(description.status),
        verbs=sorted(description.capabilities.verbs),
        replay={kind.value: replay.value for kind, replay in description.capabilities.replay.items()},
        object_types=[_encode_type(each) for each in description.schema.object_types.values()],
        partitions=[pb.Partition(name=each.name, description=each.description) for each in description.partitions],
    )


def decode_description(message: pb.ConnectorDescription) -> ConnectorDescription:
    object_types = [_decode_type(each) for each in message.object_types]
    return ConnectorDescription(
        decode_connector_status(message.connector),
        Capabilities(
            frozenset(Verb(verb) for verb in message.verbs),
            {OperationKind(kind): Replay(replay) for kind, replay in message.replay.items()},
        ),
        Schema({each.name: each for each in object_types}),
        tuple(Partition(each.name, each.description) for each in message.partitions),
    )


def _encode_type(schema: ObjectTypeSchema) -> pb.ObjectTypeSchema:
    return pb.ObjectTypeSchema(
        name=schema.name,
        naming=schema.naming,
        attributes=[_encode_attribute(each) for each in schema.attributes.values()],
    )


def _decode_type(message: pb.ObjectTypeSchema) -> ObjectTypeSchema:
    attributes = [_decode_attribute(each) for each in message.attributes]
    return ObjectTypeSchema(ObjectType(message.name), {each.name: each for each in attributes}, message.naming)


def _encode_attribute(schema: AttributeSchema) -> pb.AttributeSchema:
    return pb.AttributeSchema(
        name=schema.name,
        type=schema.type,
        multi_valued=schema.multi_valued,
        required=schema.required,
        mutability=schema.mutability,
        max_length=schema.max_length or 0,
        case_exact=schema.case_exact,
        sensitive=schema.sensitive,
        references=schema.references,
        description=schema.description,
    )


def _decode_attribute(message: pb.AttributeSchema) -> AttributeSchema:
    return AttributeSchema(
        name=message.name,
        type=AttributeType(message.type),
        multi_valued=message.multi_valued,
        required=message.required,
        mutability=Mutability(message.mutability),
        max_length=message.max_length or None,
        case_exact=message.case_exact,
        sensitive=message.sensitive,
        references=tuple(ObjectType(each) for each in message.references),
        description=message.description,
    )


def encode_report(report: TestReport) -> pb.TestConnectorResponse:
    return pb.TestConnectorResponse(ok=report.ok, checks=report.checks)


def decode_report(message: pb.TestConnectorResponse) -> TestReport:
    return TestReport(message.ok, tuple(message.checks))
