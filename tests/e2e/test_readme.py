"""The documents say nothing that does not work: every command in them is run, as a reader would run it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.reading import ROOT, SERVE, Reader, blocks, text

DOCUMENTS = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md")))]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text(document))
    here = (ROOT / document).parent
    assert [each for each in links if "://" not in each and not (here / each).exists()] == []


def test_every_command_of_the_readme_works(reader: Reader):
    printed = reader.read("README.md")
    imported = [json.loads(line) for line in printed[-1].splitlines()]
    assert {each["name"]: each["attributes"].get("full_name") for each in imported} == {
        "R&D": None,
        "ada": ["Lovelace, Ada"],
        "robert": ["Bob O'Brien"],
    }
    with closing(sqlite3.connect(reader.directory / "staff.db")) as database:
        assert database.execute("SELECT login, status FROM person ORDER BY login").fetchall() == [
            ("ada", "A"),
            ("robert", "D"),
        ]
        assert database.execute("SELECT count(*) FROM phone").fetchall() == [(2,)]
        assert database.execute("SELECT count(*) FROM membership").fetchall() == [(1,)]


def test_every_command_of_the_operating_manual_works(reader: Reader):
    """With the README's connector, after some operations."""
    reader.read("README.md")
    printed = reader.read("docs/operating.md")
    assert "staff" in printed[0]
    exported = (reader.directory / "operations.json").read_text().splitlines()
    assert [json.loads(line)["id"] for line in exported] == [f"first-{number}" for number in range(1, 6)]
    watched = printed[-1].splitlines()[-5:]
    assert {line.split()[1] for line in watched} == {f"first-{number}" for number in range(1, 6)}


def test_the_operating_manual_serves_what_the_readme_configured():
    assert [each for each in blocks("docs/operating.md") if each.startswith(SERVE)] == [
        each for each in blocks("README.md") if each.startswith(SERVE)
    ]
