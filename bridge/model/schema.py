"""What a target's objects look like: object types and their attributes, as the target itself tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.model.identity import ObjectType


class AttributeType(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    BINARY = "binary"
    TIMESTAMP = "timestamp"
    REFERENCE = "reference"


class Mutability(StrEnum):
    """When a caller may write the attribute."""

    READ_WRITE = "read_write"
    ON_CREATE = "on_create"
    READ_ONLY = "read_only"


@dataclass(frozen=True, slots=True)
class AttributeSchema:
    """One attribute. `max_length` counts characters, or bytes for binary; None means no limit is known.

    `sensitive` values are sealed in the journal and never read back. `case_exact` says how two strings compare.
    """

    name: str
    type: AttributeType = AttributeType.STRING
    multi_valued: bool = False
    required: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    max_length: int | None = None
    case_exact: bool = True
    sensitive: bool = False
    references: tuple[ObjectType, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ObjectTypeSchema:
    """One object type. `naming` describes the name in words, for people ("the DN", "column login")."""

    name: ObjectType
    attributes: Mapping[str, AttributeSchema]
    naming: str = "name"
    name_max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of a hierarchical target that is in scope: a naming context, a database schema."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    object_types: Mapping[ObjectType, ObjectTypeSchema] = field(default_factory=dict)
