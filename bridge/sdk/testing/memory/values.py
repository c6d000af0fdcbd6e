"""What a store does with values, without holding any: check them against the schema, change them by a delta.

Called by `store`. Pure, and on the benchmark's path: no allocation that is not needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final, assert_never

from bridge.sdk import (
    Anchor,
    AttributeSchema,
    AttributeType,
    DeltaKind,
    InvalidValueError,
    Name,
    ObjectRef,
    ObjectType,
    ObjectTypeSchema,
    Secret,
    Value,
    Values,
)
from bridge.sdk.testing.memory.schema import NAME_MAX_LENGTH, SCHEMA

_TYPES: Final[Mapping[AttributeType, type]] = {
    AttributeType.STRING: str,
    AttributeType.INTEGER: int,
    AttributeType.BOOLEAN: bool,
    AttributeType.BINARY: bytes,
    AttributeType.TIMESTAMP: datetime,
    AttributeType.REFERENCE: ObjectRef,
}


def object_type_schema(object_type: ObjectType) -> ObjectTypeSchema:
    found = SCHEMA.object_types.get(object_type)
    if found is None:
        raise InvalidValueError(f"object type {object_type} is not there; there are {', '.join(SCHEMA.object_types)}")
    return found


def attribute_schema(described: ObjectTypeSchema, attribute: str) -> AttributeSchema:
    found = described.attributes.get(attribute)
    if found is None:
        raise InvalidValueError(f"{described.name} has no attribute {attribute}", attributes=(attribute,))
    return found


def check_name(name: Name) -> None:
    if len(name) > NAME_MAX_LENGTH:
        raise InvalidValueError(f"the name has {len(name)} characters; {NAME_MAX_LENGTH} are allowed")


def check_values(attribute: AttributeSchema, values: Values) -> None:
    """InvalidValueError unless the values are of the attribute's type and within its limits."""
    if len(values) > 1 and not attribute.multi_valued:
        raise _invalid(attribute, f"takes one value, {len(values)} were given")
    wanted = _TYPES[attribute.type]
    for value in values:
        if type(value) is not wanted and not (attribute.sensitive and type(value) is Secret):
            raise _invalid(attribute, f"takes {attribute.type} values, {type(value).__name__} was given")
        if wanted is str or wanted is bytes:
            _check_length(attribute, value)
        elif wanted is ObjectRef or wanted is datetime:
            _check_meaning(attribute, value)


def _check_length(attribute: AttributeSchema, value: Value) -> None:
    text = value.reveal() if isinstance(value, Secret) else value
    if attribute.max_length is not None and len(text) > attribute.max_length:  # type: ignore[arg-type]  # str or bytes
        raise _invalid(attribute, f"takes at most {attribute.max_length} characters or bytes")


def _check_meaning(attribute: AttributeSchema, value: Value) -> None:
    if isinstance(value, ObjectRef):
        if value.object_type not in attribute.references:
            raise _invalid(attribute, f"refers to {', '.join(attribute.references)}, not to {value.object_type}")
    elif isinstance(value, datetime) and value.tzinfo is None:
        raise _invalid(attribute, "takes a time with its zone")


def changed(attribute: AttributeSchema, current: Values, kind: DeltaKind, values: Values) -> Values:
    """The values after the delta. Adding what is there and removing what is not change nothing."""
    match kind:
        case DeltaKind.REPLACE:
            # Order has no meaning: the same values in another order are the values that are there.
            return current if len(current) == len(values) and set(current) == set(values) else values
        case DeltaKind.REMOVE:
            return tuple(each for each in current if each not in values)
        case DeltaKind.ADD:
            together = current + tuple(each for each in values if each not in current)
            if len(together) > 1 and not attribute.multi_valued:
                raise _invalid(attribute, "has a value already and takes one; replace it")
            return together
    assert_never(kind)


def sealed(anchor: Anchor, secret: Value) -> str:
    """What the store keeps of a password or a sensitive value: enough to compare, not enough to read back."""
    text = secret.reveal() if isinstance(secret, Secret) else str(secret)
    return hashlib.sha256(f"{anchor}\0{text}".encode()).hexdigest()


def _invalid(attribute: AttributeSchema, why: str) -> InvalidValueError:
    return InvalidValueError(f"attribute {attribute.name} {why}", attributes=(attribute.name,))
