"""docs/operating.md tells what is in the code: events of the log, states, health, the places of the unit."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.model.lifecycle import FINAL, State
from bridge.model.status import Health

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def rows(heading: str) -> set[str]:
    """The words in the first column of the table with that heading."""
    table = PAGE.partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    return {word for line in table.splitlines()[2:] for word in re.findall(r"`(\w+)`", line.split(" | ")[0])}


def test_every_event_of_the_log_is_told():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bridge").rglob("*.py"))
    logged = set(re.findall(r'\blog\.(?:info|warning|error|critical|exception)\("([a-z_]+)"', source))
    logged |= set(re.findall(r'get_logger\(\)\.log\(record\.levelno, "([a-z_]+)"', source))
    assert rows("event") == logged


def test_every_state_that_is_not_final_is_told():
    assert rows("state") == set(State) - FINAL


def test_every_health_is_told():
    assert rows("health") == set(Health)


def test_the_unit_has_the_places_that_are_told():
    unit = (ROOT / "deploy" / "systemd" / "ecma-bridge.service").read_text(encoding="utf-8")
    assert "/opt/ecma-bridge/venv/bin/ecma-bridge serve --config /etc/ecma-bridge/bridge.yaml" in unit
    assert "LoadCredential=secrets:/etc/ecma-bridge/credentials" in unit
    assert {"StateDirectory=ecma-bridge", "RuntimeDirectory=ecma-bridge", "DynamicUser=yes"} <= set(unit.splitlines())
