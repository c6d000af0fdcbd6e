"""The last schema outlives a start while the target is down."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.host import schema_file
from bridge.model.identity import ObjectType
from bridge.sdk.testing.memory.schema import SCHEMA


def test_a_schema_comes_back_as_it_was(tmp_path: Path):
    path = tmp_path / "schemas" / "staff.json"
    schema_file.write(path, SCHEMA)
    assert schema_file.read(path) == SCHEMA
    assert ObjectType("user") in SCHEMA.object_types


def test_where_none_was_told_there_is_none(tmp_path: Path):
    assert schema_file.read(tmp_path / "staff.json") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"object_types": {"user": {}}}', '{"object_types": {"user": 1}}'])
def test_what_another_version_wrote_counts_as_none(tmp_path: Path, text: str):
    path = tmp_path / "staff.json"
    path.write_text(text)
    assert schema_file.read(path) is None
