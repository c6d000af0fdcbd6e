"""docs/api.md shows operations in JSON: every line of it is one, and nothing that an operation may have is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bridge.model import (
    ENABLED,
    CallerName,
    Create,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    OperationKind,
    Update,
    Value,
)
from bridge.wire.json import operation_from_json

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
LINES = [
    line for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]


def shown() -> list[Operation]:
    return [operation_from_json(line, CallerName("me")) for line in LINES]


def values() -> Iterator[Value]:
    for operation in shown():
        match operation.body:
            case Create(attributes):
                for each in attributes.values():
                    yield from each
            case Update(deltas):
                for delta in deltas:
                    yield from delta.values


def test_every_kind_of_operation_is_shown():
    assert {each.kind for each in shown()} == set(OperationKind)


def test_every_kind_of_delta_is_shown_and_a_clearing_one():
    deltas = [delta for each in shown() if isinstance(each.body, Update) for delta in each.body.deltas]
    assert {each.kind for each in deltas} == set(DeltaKind)
    assert any(each.kind is DeltaKind.REPLACE and not each.values for each in deltas)
    assert any(each.attribute == ENABLED and each.values == (False,) for each in deltas)


def test_every_type_of_value_is_shown():
    assert {type(each) for each in values()} == {str, int, bool, bytes, datetime, ObjectRef}
    wanted = [
        1906,
        b"\x89PNG\r\n\x1a\n",
        datetime(2026, 1, 31, 8, tzinfo=UTC),
        ObjectRef(ObjectType("user"), name=Name("ada")),
    ]
    assert [each for each in wanted if each not in list(values())] == []


def test_each_has_an_id_of_its_own():
    assert len({each.id for each in shown()}) == len(LINES)
