"""An adapter for a folder: one JSON file for each user, named by its anchor."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from pydantic import Field

from bridge.sdk import (
    Adapter,
    AdapterConfig,
    AdapterSpec,
    AlreadyExistsError,
    Anchor,
    Applied,
    Attempt,
    AttributeSchema,
    ConnectionFailedError,
    Create,
    Creates,
    Deletes,
    DeltaKind,
    Gets,
    InvalidValueError,
    Name,
    ObjectRef,
    ObjectType,
    ObjectTypeSchema,
    Query,
    Schema,
    Searches,
    Success,
    TargetObject,
    Unchanged,
    UnknownObjectError,
    Update,
    Updates,
    Values,
    filters,
)

ADAPTER = AdapterSpec(
    name="folder",
    config="tests.examples.folder:FolderConfig",
    adapter="tests.examples.folder:FolderAdapter",
    settle_time=0.0,  # a write to a file has ended when the call has
)

USER = ObjectType("user")
ATTRIBUTES = {"title": AttributeSchema("title"), "mail": AttributeSchema("mail", multi_valued=True)}
SCHEMA = Schema({USER: ObjectTypeSchema(USER, ATTRIBUTES)})


class FolderConfig(AdapterConfig):
    path: Path = Field(description="The folder; it must exist.")


class FolderAdapter(Adapter[FolderConfig], Creates, Updates, Deletes, Gets, Searches):
    """The class header says what the folder can do: create, update, delete, get and search."""

    _opened = False

    def open(self) -> None:
        self._opened = True
        self.check_alive()

    def close(self) -> None:
        self._opened = False

    def check_alive(self) -> None:
        if not self._opened or not self.config.path.is_dir():
            raise ConnectionFailedError(f"there is no folder {self.config.path}")

    def test(self) -> Sequence[str]:
        self.check_alive()
        return (f"the folder {self.config.path} holds {len(self._every())} users",)

    def schema(self) -> Schema:
        return SCHEMA

    def create(self, attempt: Attempt) -> Success:
        operation = attempt.operation
        body = cast("Create", operation.body)
        _check_known(body.attributes)
        if (other := self.get(operation.target)) is not None:
            raise AlreadyExistsError(f"{operation.target} is there already", anchor=other.anchor)
        anchor = Anchor(uuid.uuid4().hex)
        self._write(TargetObject(USER, anchor, cast("Name", operation.target.name), body.attributes))
        return Applied(anchor)

    def update(self, attempt: Attempt) -> Success:
        before = self._found(attempt.operation.target)
        attributes = dict(before.attributes)
        deltas = cast("Update", attempt.operation.body).deltas
        _check_known(delta.attribute for delta in deltas)
        for delta in deltas:
            attributes[delta.attribute] = _changed(attributes.get(delta.attribute, ()), delta.kind, delta.values)
        after = replace(before, attributes={name: values for name, values in attributes.items() if values})
        if after == before:
            return Unchanged(before.anchor)
        self._write(after)
        return Applied(before.anchor)

    def delete(self, attempt: Attempt) -> Success:
        found = self.get(attempt.operation.target)
        if found is None:
            return Unchanged()
        self._file(found.anchor).unlink()
        return Applied(found.anchor)

    def get(self, ref: ObjectRef) -> TargetObject | None:
        self.check_alive()
        if ref.anchor is not None:
            return next((each for each in self._every() if each.anchor == ref.anchor), None)
        return next((each for each in self._every() if each.name == ref.name), None)

    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        self.check_alive()
        yield [each for each in self._every() if query.filter is None or filters.matches(query.filter, each)]

    def _found(self, ref: ObjectRef) -> TargetObject:
        found = self.get(ref)
        if found is None:
            raise UnknownObjectError(f"there is no {ref}")
        return found

    def _every(self) -> list[TargetObject]:
        return [_read(path) for path in sorted(self.config.path.glob("*.json"))]

    def _file(self, anchor: Anchor) -> Path:
        return self.config.path / f"{anchor}.json"

    def _write(self, each: TargetObject) -> None:
        """Whole or not at all: the name appears when the content is there."""
        path = self._file(each.anchor)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"name": each.name, "attributes": dict(each.attributes)}), encoding="utf-8")
        fresh.replace(path)


def _check_known(names: Iterable[str]) -> None:
    unknown = tuple(name for name in names if name not in ATTRIBUTES)
    if unknown:
        raise InvalidValueError(f"there is no attribute {', '.join(unknown)}", attributes=unknown)


def _read(path: Path) -> TargetObject:
    told = json.loads(path.read_text(encoding="utf-8"))
    attributes = {name: tuple(values) for name, values in told["attributes"].items()}
    return TargetObject(USER, Anchor(path.stem), Name(told["name"]), attributes)


def _changed(present: Values, kind: DeltaKind, values: Values) -> Values:
    match kind:
        case DeltaKind.REPLACE:
            return values
        case DeltaKind.ADD:
            return (*present, *(value for value in values if value not in present))
        case DeltaKind.REMOVE:
            return tuple(value for value in present if value not in values)
