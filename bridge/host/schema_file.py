"""The last schema that a target told, in a file, so that a start while the target is down still accepts operations.

Written and read by `catalog`. What is read from it may be old: the target decides in the end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from bridge.model.schema import AttributeSchema, AttributeType, Mutability, ObjectTypeSchema, Schema


def write(path: Path, schema: Schema) -> None:
    """Replace the file whole: a reader never sees half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(schema, default=_plain, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)


def _plain(value: object) -> object:
    """What JSON has no word for: the schema's dataclasses, and mappings that are no dict."""
    if isinstance(value, Mapping):
        return dict(value)
    return {each.name: getattr(value, each.name) for each in fields(cast("Any", value))}


def read(path: Path) -> Schema | None:
    """None if there is no such file, or another version wrote it."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Schema({name: _object_type(each) for name, each in told["object_types"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _object_type(told: dict[str, Any]) -> ObjectTypeSchema:
    attributes = {name: _attribute(each) for name, each in told.pop("attributes").items()}
    return ObjectTypeSchema(attributes=attributes, **told)


def _attribute(told: dict[str, Any]) -> AttributeSchema:
    return AttributeSchema(
        type=AttributeType(told.pop("type")),
        mutability=Mutability(told.pop("mutability")),
        references=tuple(told.pop("references")),
        **told,
    )
