"""The page and the JSON schema are made from the models, so they are complete and current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bridge.config import Settings, document
from bridge.config.schema import json_schema
from tests.unit.config.adapters import AWKWARD, MEMORY

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_the_page_is_current():
    assert PAGE.read_text() == document.write(), "run: python -m bridge.config.document > docs/configuration.md"


def test_every_field_has_a_description():
    definitions = Settings.model_json_schema()["$defs"]
    fields = [
        (model, name, field)
        for model, each in definitions.items()
        for name, field in each.get("properties", {}).items()
    ]
    assert [(model, name) for model, name, field in fields if not field.get("description")] == []
    assert len(fields) > 25


def test_the_schema_knows_each_adapters_options():
    schema = json_schema([MEMORY, AWKWARD])
    connector = schema["$defs"]["ConnectorSettings"]
    assert connector["properties"]["adapter"]["enum"] == ["awkward", "memory"]
    assert connector["allOf"][0]["then"]["properties"]["settings"] == {"$ref": "#/$defs/awkward-settings"}
    own = schema["$defs"]["awkward-settings"]
    assert set(own["properties"]) == {"bind", "port", "base"}
    assert set(own["$defs"]) == {"Simple", "External"}


def references(node: object) -> Iterator[str]:
    match node:
        case {"$ref": str() as found}:
            yield found
        case dict():
            for each in node.values():
                yield from references(each)
        case list():
            for each in node:
                yield from references(each)


def test_every_reference_in_the_schema_leads_somewhere():
    schema = json_schema([MEMORY, AWKWARD])
    found = set(references(schema))
    assert "#/$defs/awkward-settings/$defs/Simple" in found
    for reference in found:
        node = schema
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert node
