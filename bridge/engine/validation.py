"""Whether an operation is one that the connector can carry out, by its capabilities and its target's schema. Pure.

Called by intake before anything is journaled, so that what will never work is refused with the name of the field and
what is allowed. Also seals what the schema holds for sensitive: its values become secrets here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bridge.model.attributes import AttributeDelta, DeltaKind, Values
from bridge.model.capabilities import Capabilities, Verb
from bridge.model.errors import InvalidValueError, UnsupportedError
from bridge.model.identity import ObjectRef
from bridge.model.operations import Body, Create, Operation, Rename, Update
from bridge.model.schema import AttributeSchema, AttributeType, Mutability, ObjectTypeSchema, Schema
from bridge.model.secrets import Secret

NAMES_SHOWN = 20


def checked(operation: Operation, capabilities: Capabilities, schema: Schema, given: Collection[str] = ()) -> Operation:
    """The operation as it is to be journaled. UnsupportedError or InvalidValueError with the attribute if not.

    `given`: attributes of a new object that the bridge gives a value by itself.
    """
    if Verb(operation.kind.value) not in capabilities.verbs:
        offered = _listed(verb.value for verb in capabilities.verbs)
        raise UnsupportedError(f"connector {operation.connector} does not offer {operation.kind}; it offers {offered}")
    kind = schema.object_types.get(operation.target.object_type)
    if kind is None:
        raise InvalidValueError(
            f"connector {operation.connector} has no object type {operation.target.object_type!r}; it has "
            + _listed(schema.object_types),
            attributes=("object_type",),
        )
    _check_names(operation, kind)
    body = _checked_body(operation.body, kind, given)
    return operation if body is operation.body else replace(operation, body=body)


def _check_names(operation: Operation, kind: ObjectTypeSchema) -> None:
    body = operation.body
    if isinstance(body, Create) and operation.target.name is None:
        raise InvalidValueError("a create gives the name of the object: target.name is empty", attributes=("name",))
    name = body.new_name if isinstance(body, Rename) else operation.target.name
    if name is not None and kind.name_max_length is not None and len(name) > kind.name_max_length:
        raise InvalidValueError(
            f"the name is {len(name)} characters long, the target allows {kind.name_max_length}", attributes=("name",)
        )


def _checked_body(body: Body, kind: ObjectTypeSchema, given: Collection[str]) -> Body:
    match body:
        case Create(attributes):
            return _checked_create(body, attributes, kind, given)
        case Update(deltas):
            checked_deltas = tuple(_checked_delta(delta, kind) for delta in deltas)
            return body if all(a is b for a, b in zip(checked_deltas, deltas, strict=True)) else Update(checked_deltas)
    return body


def _checked_create(
    body: Create, attributes: Mapping[str, Values], kind: ObjectTypeSchema, given: Collection[str]
) -> Create:
    sealed: dict[str, Values] = {}
    for name, values in attributes.items():
        schema = _writable(name, kind, on_create=True)
        if schema.sensitive:
            sealed[name] = _sealed(name, values)
        else:
            _check_values(schema, name, values)
    required = [each.name for each in kind.attributes.values() if each.required and each.name not in given]
    missing = [name for name in required if not attributes.get(name)]
    if missing:
        raise InvalidValueError(f"{kind.name} needs a value for {_listed(missing)}", attributes=tuple(missing))
    return Create({**attributes, **sealed}) if sealed else body


def _checked_delta(delta: AttributeDelta, kind: ObjectTypeSchema) -> AttributeDelta:
    schema = _writable(delta.attribute, kind, on_create=False)
    if schema.sensitive:
        return AttributeDelta(delta.attribute, delta.kind, _sealed(delta.attribute, delta.values))
    _check_values(schema, delta.attribute, delta.values)
    if schema.required and delta.kind is DeltaKind.REPLACE and not delta.values:
        raise InvalidValueError(f"{delta.attribute} is required and cannot be cleared", attributes=(delta.attribute,))
    return delta


def _writable(name: str, kind: ObjectTypeSchema, *, on_create: bool) -> AttributeSchema:
    schema = kind.attributes.get(name)
    if schema is None:
        raise InvalidValueError(
            f"{kind.name} has no attribute {name!r}; it has {_listed(kind.attributes)}", attributes=(name,)
        )
    if schema.mutability is Mutability.READ_ONLY:
        raise InvalidValueError(f"{name} is read-only at the target; leave it out", attributes=(name,))
    if schema.mutability is Mutability.ON_CREATE and not on_create:
        raise InvalidValueError(f"{name} can be set by a create only", attributes=(name,))
    return schema


def _check_values(schema: AttributeSchema, name: str, values: Values) -> None:
    if len(values) > 1 and not schema.multi_valued:
        raise InvalidValueError(f"{name} takes one value, {len(values)} were given", attributes=(name,))
    wanted, limit = _TYPES[schema.type], schema.max_length
    for value in values:
        # A bool is an int to Python; to a target it is not.
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise InvalidValueError(f"{name} takes {schema.type} values, not {_word(value)}", attributes=(name,))
        if limit is not None and isinstance(value, (str, bytes)) and len(value) > limit:
            raise InvalidValueError(f"{name} is {len(value)} long, the target allows {limit}", attributes=(name,))
        if isinstance(value, ObjectRef):
            _check_reference(schema, name, value)


def _check_reference(schema: AttributeSchema, name: str, value: ObjectRef) -> None:
    if schema.references and value.object_type not in schema.references:
        raise InvalidValueError(
            f"{name} refers to {_listed(schema.references)}, not to {value.object_type}", attributes=(name,)
        )


def _sealed(name: str, values: Values) -> Values:
    if not all(isinstance(value, (str, Secret)) for value in values):
        raise InvalidValueError(f"{name} is sensitive and takes string values", attributes=(name,))
    return tuple(Secret(value) if isinstance(value, str) else value for value in values)


_TYPES: Mapping[AttributeType, type] = {
    AttributeType.STRING: str,
    AttributeType.INTEGER: int,
    AttributeType.BOOLEAN: bool,
    AttributeType.BINARY: bytes,
    AttributeType.TIMESTAMP: datetime,
    AttributeType.REFERENCE: ObjectRef,
}
_WORDS = {kind: word.value for word, kind in _TYPES.items()}


def _word(value: object) -> str:
    return _WORDS.get(type(value), "secret")


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - NAMES_SHOWN} more" if len(ordered) > NAMES_SHOWN else ""
    return ", ".join(ordered[:NAMES_SHOWN]) + more
