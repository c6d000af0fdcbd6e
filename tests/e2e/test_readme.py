"""The documents say nothing that does not work: every command in them is run, as a reader would run it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.reading import ROOT, SERVE, Reader, blocks, text

DOCUMENTS = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]

READ = {"README.md", "docs/api.md", "docs/operating.md"}
SHOWN = {"docs/writing-an-adapter.md"}
"""What it shows is code of the tested example."""


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
    _, connectors, operations, journal, _, still_open, _ = reader.read("docs/operating.md")
    assert "good" in connectors
    watched = [line.split()[1] for line in operations.splitlines()[-5:]]
    assert sorted(watched) == [f"first-{number}" for number in range(1, 6)]
    exported = (reader.directory / "operations.json").read_text().splitlines()
    assert [json.loads(line)["id"] for line in exported] == sorted(watched)
    assert journal.startswith("sound: 5 operations")
    assert still_open.splitlines() == ["id\tconnector\tkind\tobject\tstate\tattempts\treason"]
    assert (reader.directory / "journal" / "replaced-1" / "journal.sqlite").exists()


def test_every_example_of_the_api_works(reader: Reader):
    reader.read("README.md")
    typed, generated, resumed, changed = reader.read("docs/api.md")
    socket = f"unix://{reader.directory}/nobody.sock"
    assert typed.splitlines() == [
        "succeeded",
        "user grace is there as 3",
        f"the bridge at {socket} is not reached: No such file or directory; start it, or give its address",
    ]
    assert generated.splitlines() == ["api-2 STATE_SUCCEEDED", "api-3 STATE_SUCCEEDED"]
    assert resumed.splitlines() == ["6 api-1 create grace", "7 api-2 rename hopper", "8 api-3 rename grace"]
    assert changed.splitlines() == ["False"], "a staff table without a way to tell changes does not offer them"


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if any(b.startswith(SERVE) for b in blocks(each))])
def test_every_document_serves_what_the_readme_configured(document: str):
    served = [each for each in blocks(document) if each.startswith(SERVE)]
    assert set(served) == {each for each in blocks("README.md") if each.startswith(SERVE)}


@pytest.mark.parametrize("document", sorted(SHOWN))
def test_the_code_that_is_shown_stands_in_a_tested_file(document: str):
    shown = re.findall(r"^```python\n(.*?)^```$", text(document), re.DOTALL | re.MULTILINE)
    tested = text("tests/examples/folder.py") + text("tests/contract/test_example.py")
    assert shown
    assert [part for each in shown for part in each.split("\n\n") if part.strip() not in tested] == []


def test_every_document_with_commands_is_read_here():
    assert {each for each in DOCUMENTS if any(SERVE in block for block in blocks(each))} == READ
    assert {each for each in DOCUMENTS if blocks(each)} == READ | SHOWN
