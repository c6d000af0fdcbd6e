"""What the client tells, as plain data for ``--json``. Times are ISO 8601 in UTC, binary values base64."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from bridge.model.attributes import Value
from bridge.model.identity import ObjectRef
from bridge.model.objects import DeletedObject, TargetObject
from bridge.model.outcomes import Failure
from bridge.model.schema import AttributeSchema, ObjectTypeSchema
from bridge.model.status import ConnectorDescription, ConnectorStatus, OperationStatus

Document = dict[str, Any]


def of_operation(status: OperationStatus) -> Document:
    """The status of an operation."""
    return _without_none(
        id=status.id,
        caller=status.caller,
        connector=status.connector,
        kind=status.kind,
        target=of_ref(status.target),
        state=status.state,
        attempts=status.attempts,
        accepted_at=_time(status.accepted_at),
        settled_at=_time(status.settled_at),
        settle_number=status.settle_number,
        unchanged=status.unchanged or None,
        failure=_failure(status.failure),
        not_before=_time(status.not_before),
        assigned={name: [_value(each) for each in values] for name, values in status.assigned.items()} or None,
    )


def of_ref(ref: ObjectRef) -> Document:
    """One object's address."""
    return _without_none(object_type=ref.object_type, anchor=ref.anchor, name=ref.name)


def of_object(found: TargetObject) -> Document:
    """One object as the target holds it."""
    attributes = {name: [_value(each) for each in values] for name, values in found.attributes.items()}
    return {**of_ref(found.ref), "attributes": attributes, **_without_none(version=found.version)}


def of_deleted(gone: DeletedObject) -> Document:
    """An object that is no longer there."""
    return {"object_type": gone.object_type, "anchor": gone.anchor, "deleted": True}


def of_connector(status: ConnectorStatus) -> Document:
    """A connector and its backlog."""
    backlog = {name: getattr(status.backlog, name) for name in status.backlog.__slots__}
    return {
        "name": status.name,
        "adapter": status.adapter,
        "health": status.health,
        "reason": status.reason,
        "since": _time(status.since),
        "backlog": backlog,
    }


def of_description(described: ConnectorDescription) -> Document:
    """A connector with what it offers."""
    return {
        **of_connector(described.status),
        "verbs": sorted(described.capabilities.verbs),
        "replay": {str(kind): replay for kind, replay in described.capabilities.replay.items()},
        "partitions": [{"name": each.name, "description": each.description} for each in described.partitions],
        "object_types": sorted(described.schema.object_types),
    }


def of_object_type(schema: ObjectTypeSchema) -> Document:
    """An object type and its attributes."""
    attributes = {name: _attribute(each) for name, each in schema.attributes.items()}
    return {"object_type": schema.name, "naming": schema.naming, "attributes": attributes}


def _attribute(schema: AttributeSchema) -> Document:
    return _without_none(
        type=schema.type,
        multi_valued=schema.multi_valued,
        required=schema.required,
        mutability=schema.mutability,
        max_length=schema.max_length,
        sensitive=schema.sensitive,
        references=list(schema.references) or None,
        description=schema.description or None,
    )


def of_failure(failure: Failure) -> Document:
    """Why it failed."""
    return _without_none(code=failure.code, message=failure.message, attributes=list(failure.attributes) or None)


def _failure(failure: Failure | None) -> Document | None:
    return of_failure(failure) if failure else None


def _value(value: Value) -> object:
    match value:
        case bytes():
            return {"binary": base64.b64encode(value).decode("ascii")}
        case datetime():
            return {"timestamp": _time(value)}
        case ObjectRef():
            return {"reference": of_ref(value)}
        case str() | bool() | int():
            return value
        case _:
            return "***"


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _without_none(**fields: object) -> Document:
    return {name: value for name, value in fields.items() if value is not None}
