"""The content of an operation as text: what the journal stores and what a fingerprint covers.

Secrets do not stand in the text. Each is replaced by its position in a list that is sealed apart (`sealing`). Pure;
called by `acceptance` on the way in and by `entries` on the way back.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from bridge.model.attributes import AttributeDelta, DeltaKind, Value, Values
from bridge.model.identity import Anchor, CallerName, ConnectorName, Name, ObjectRef, ObjectType, OperationId
from bridge.model.operations import (
    Body,
    ChangePassword,
    Create,
    Delete,
    Operation,
    OperationKind,
    Rename,
    SetPassword,
    Update,
)
from bridge.model.secrets import Secret


def encode(operation: Operation) -> tuple[str, tuple[str, ...]]:
    """The text, always the same for the same content, and the secrets it points to."""
    secrets: list[str] = []

    def special(value: object) -> object:
        match value:
            case bytes():
                return {"b": base64.b64encode(value).decode()}
            case datetime():
                return {"t": value.isoformat()}
            case ObjectRef():
                return {"r": [value.object_type, value.anchor, value.name]}
            case Secret():
                secrets.append(value.reveal())
                return {"s": len(secrets) - 1}
        raise TypeError(f"{type(value).__name__} is no attribute value")

    target = operation.target
    parts = [target.object_type, target.anchor, target.name, _body(operation.body)]
    text = json.dumps(parts, default=special, ensure_ascii=False, separators=(",", ":"))
    return text, tuple(secrets)


def _body(body: Body) -> object:
    match body:
        case Create(attributes):
            return attributes
        case Update(deltas):
            return [(delta.attribute, delta.kind, delta.values) for delta in deltas]
        case Rename(new_name):
            return new_name
        case Delete():
            return None
        case SetPassword(password):
            return password
        case ChangePassword(old, new):
            return (old, new)
    assert_never(body)


def decode(
    kind: OperationKind,
    text: str,
    secrets: Sequence[str],
    identity: tuple[OperationId, CallerName, ConnectorName],
) -> Operation:
    """The operation again. `identity` is what the journal keeps in columns: id, caller, connector."""
    object_type, anchor, name, body = json.loads(text)
    target = ObjectRef(ObjectType(object_type), anchor and Anchor(anchor), name and Name(name))
    return Operation(*identity, target, _read_body(kind, body, secrets))


def _read_body(kind: OperationKind, body: Any, secrets: Sequence[str]) -> Body:
    match kind:
        case OperationKind.CREATE:
            return Create({name: _values(values, secrets) for name, values in body.items()})
        case OperationKind.UPDATE:
            return Update(tuple(AttributeDelta(a, DeltaKind(k), _values(v, secrets)) for a, k, v in body))
        case OperationKind.RENAME:
            return Rename(Name(body))
        case OperationKind.DELETE:
            return Delete()
        case OperationKind.SET_PASSWORD:
            return SetPassword(_secret(body, secrets))
        case OperationKind.CHANGE_PASSWORD:
            return ChangePassword(_secret(body[0], secrets), _secret(body[1], secrets))
    assert_never(kind)


def _values(values: Sequence[Any], secrets: Sequence[str]) -> Values:
    return tuple(_value(value, secrets) if isinstance(value, dict) else value for value in values)


def _value(tagged: Mapping[str, Any], secrets: Sequence[str]) -> Value:
    ((tag, value),) = tagged.items()
    match tag:
        case "b":
            return base64.b64decode(value)
        case "t":
            return datetime.fromisoformat(value)
        case "r":
            return ObjectRef(*value)
        case _:
            return _secret(tagged, secrets)


def _secret(tagged: Mapping[str, int], secrets: Sequence[str]) -> Secret:
    """A settled operation's secrets are gone; its content is then read for people only."""
    position = tagged["s"]
    return Secret(secrets[position]) if position < len(secrets) else Secret("")


def read_target(text: str) -> ObjectRef:
    """Only the object that a stored content is about."""
    object_type, anchor, name, _ = json.loads(text)
    return ObjectRef(object_type, anchor, name)
