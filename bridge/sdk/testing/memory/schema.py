"""The object types of the reference adapter: between them, their attributes have every type there is."""

from __future__ import annotations

from typing import Final

from bridge.sdk import ENABLED, AttributeSchema, AttributeType, ObjectType, ObjectTypeSchema, Schema

USER: Final = ObjectType("user")
GROUP: Final = ObjectType("group")

NAME_MAX_LENGTH: Final = 1024


def _object_type(name: ObjectType, *attributes: AttributeSchema) -> ObjectTypeSchema:
    described = {each.name: each for each in attributes}
    return ObjectTypeSchema(name, described, naming="any text, unique within the type", name_max_length=NAME_MAX_LENGTH)


SCHEMA: Final = Schema(
    {
        USER: _object_type(
            USER,
            AttributeSchema("display_name", max_length=1024),
            AttributeSchema("given_name", max_length=1024),
            AttributeSchema("surname", max_length=1024),
            AttributeSchema("mail", multi_valued=True, max_length=1024),
            AttributeSchema("phone", multi_valued=True, max_length=64),
            AttributeSchema("employee_number", AttributeType.INTEGER),
            AttributeSchema(ENABLED, AttributeType.BOOLEAN),
            AttributeSchema("photo", AttributeType.BINARY, max_length=16 * 1024 * 1024),
            AttributeSchema("hired_at", AttributeType.TIMESTAMP),
            AttributeSchema("manager", AttributeType.REFERENCE, references=(USER,)),
            AttributeSchema("pin", max_length=16, sensitive=True),
        ),
        GROUP: _object_type(
            GROUP,
            AttributeSchema("description", max_length=1024),
            AttributeSchema("member", AttributeType.REFERENCE, multi_valued=True, references=(USER, GROUP)),
        ),
    }
)
