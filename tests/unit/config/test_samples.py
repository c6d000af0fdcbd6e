"""The files in deploy/config are true: they load, and the full one has every option with its default."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.config import Settings, load
from bridge.host.discovery import find_adapters

SAMPLES = Path(__file__).parents[3] / "deploy" / "config"
RECIPES = sorted(str(path.relative_to(SAMPLES)) for path in SAMPLES.glob("recipes/*.yaml"))
PLACES: dict[str, tuple[str | int, ...]] = {
    "JournalSettings": ("journal",),
    "SocketSettings": ("listen", "socket"),
    "TlsSettings": ("listen", "tls"),
    "ListenSettings": ("listen",),
    "ConnectorSettings": ("connectors", "staff"),
    "NumberSettings": ("connectors", "staff", "numbers", 0),
    "LogSettings": ("log",),
}
SAID_OTHERWISE = {("SocketSettings", "group"), ("ConnectorSettings", "numbers"), ("NumberSettings", "also")}
"""Options whose sample value is not their default, because the default says nothing."""


def sample(path: tuple[str | int, ...]) -> dict[str, Any]:
    found = yaml.safe_load((SAMPLES / "full.yaml").read_text())
    for part in path:
        found = found[part]
    return found


@pytest.mark.parametrize("name", ["minimal.yaml", "full.yaml", *RECIPES])
def test_a_sample_loads(name: str):
    specs = find_adapters()
    settings = load(SAMPLES / name, lambda adapter: specs[adapter])
    assert settings.callers[0].caller.connectors == set(settings.connectors)


def test_every_recipe_is_on_its_page():
    page = (SAMPLES.parents[1] / "docs" / "adapters" / "ldap.md").read_text()
    assert set(re.findall(r"deploy/config/(recipes/[\w-]+\.yaml)", page)) == set(RECIPES)


def test_the_full_sample_has_every_option():
    assert set(sample(())) == set(Settings.model_fields)
    definitions = Settings.model_json_schema()["$defs"]
    models = {name for name, each in definitions.items() if name.endswith("Settings")}
    assert models == {*PLACES, "CallerSettings"}
    for model, path in PLACES.items():
        assert set(sample(path)) == set(definitions[model]["properties"]), model
    callers = sample(())["callers"]
    assert {key for each in callers for key in each} == set(definitions["CallerSettings"]["properties"])


def test_the_full_sample_shows_the_defaults():
    definitions = Settings.model_json_schema()["$defs"]
    for model, path in PLACES.items():
        for name, field in definitions[model]["properties"].items():
            if field.get("default") is not None and (model, name) not in SAID_OTHERWISE:
                assert sample(path)[name] == field["default"], (model, name)


def test_the_full_sample_shows_what_its_adapter_advises():
    spec = find_adapters()["ldap"]
    shown = sample(("connectors", "staff"))
    assert (shown["workers"], shown["batch_size"], shown["settle_seconds"]) == (
        spec.workers,
        spec.batch_size,
        spec.settle_time,
    )
