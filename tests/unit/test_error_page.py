"""docs/errors.md tells every error there is, as it is."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.model import errors
from bridge.model.lifecycle import State
from bridge.wire.errors import STATUS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def test_every_code_has_its_disposition_and_its_status():
    told = re.findall(r"^\| `(\w+)` \| (\w+) \| (\w+) \| \S", PAGE, re.MULTILINE)
    assert told == [(each.code, each.disposition.value, STATUS[each]) for each in errors.by_code().values()]


def test_every_code_that_the_engine_gives_a_failure_is_told_with_its_state():
    """Failures that are no error: their codes are constants, or stand where the failure is made."""
    engine = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bridge" / "engine").glob("*.py"))
    given = set(re.findall(r'^[A-Z_]+ = "([a-z_]+)"$', engine, re.MULTILINE))
    given |= set(re.findall(r'Failure\("([a-z_]+)"', engine))
    told = dict(re.findall(r"^\| `(\w+)` \| ([A-Z]+) \| \S", PAGE, re.MULTILINE))
    assert set(told) == given - set(errors.by_code())
    assert {state.lower() for state in told.values()} <= set(State)
