"""docs/errors.md tells every error there is, as it is."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.model import errors
from bridge.wire.errors import STATUS

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")


def test_every_code_has_its_disposition_and_its_status():
    told = re.findall(r"^\| `(\w+)` \| (\w+) \| (\w+) \| \S", PAGE, re.MULTILINE)
    assert told == [(each.code, each.disposition.value, STATUS[each]) for each in errors.by_code().values()]
