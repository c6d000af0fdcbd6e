"""One object as a store holds it, and its form in a file. Called by `store` and `ledger`."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.sdk import Anchor, AttributeSchema, AttributeType, Name, ObjectType, Value, Values
from bridge.sdk.testing.memory.schema import SCHEMA


@dataclass(slots=True)
class Entry:
    """References are held as the anchor alone, sensitive values and the password as their seal."""

    object_type: ObjectType
    anchor: Anchor
    name: Name
    attributes: dict[str, Values] = field(default_factory=dict)
    password: str | None = None
    version: int = 1


def attributes_to_json(entry: Entry) -> str:
    return json.dumps({name: [_plain(value) for value in values] for name, values in entry.attributes.items()})


def attributes_from_json(object_type: ObjectType, text: str) -> dict[str, Values]:
    described = SCHEMA.object_types[object_type].attributes
    return {name: tuple(_value(described[name], each) for each in values) for name, values in json.loads(text).items()}


def _plain(value: Value) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case datetime():
            return value.isoformat()
        case _:
            return value


def _value(attribute: AttributeSchema, plain: Any) -> Value:
    match attribute.type:
        case AttributeType.BINARY:
            return base64.b64decode(plain)
        case AttributeType.TIMESTAMP:
            return datetime.fromisoformat(plain)
        case _:
            return plain  # type: ignore[no-any-return]  # JSON keeps text, numbers and booleans as they are
