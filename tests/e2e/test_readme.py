"""The README says nothing that does not work: every command in it is run, as a reader would run it.

Rules. A `sh` block whose lines all begin with `make` is set-up: what runs these tests has done it, and
`test_demo.py` runs what it starts. A block that is `ecma-bridge serve` runs on, in a terminal of its own, as the text
says. All others are run in their order, in one directory, and each must end with 0.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
SERVE = "ecma-bridge serve "
STARTED = '"event": "started"'


def is_set_up(block: str) -> bool:
    return all(line.startswith("make ") for line in block.splitlines())


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell in which `ecma-bridge` and `python` are those of the tests."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "ecma-bridge"
    program.write_text(f"#!{sys.executable}\nfrom bridge.cli import main\nmain()\n")
    program.chmod(0o755)
    return {
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
    }


@contextmanager
def serving(block: str, directory: Path, environment: dict[str, str]) -> Iterator[None]:
    """The terminal in which the bridge runs, from its start to the end of the reading."""
    command = ["bash", "-euc", f"exec {block}"]
    with subprocess.Popen(command, cwd=directory, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            assert any(STARTED in line for line in process.stderr), "the bridge did not start"
            yield
        finally:
            process.terminate()
            process.communicate(timeout=30)
    assert process.returncode == 0


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [each for each in links if not (ROOT / each).exists()] == []


def test_every_command_works(tmp_path: Path, environment: dict[str, str]):
    directory = tmp_path / "reader"
    directory.mkdir()
    blocks = [each for each in BLOCKS if not is_set_up(each)]
    at = next(number for number, each in enumerate(blocks) if each.startswith(SERVE))

    def run(block: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", block], cwd=directory, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout

    for block in blocks[:at]:
        run(block)
    with serving(blocks[at], directory, environment):
        printed = [run(block) for block in blocks[at + 1 :]]

    imported = [json.loads(line) for line in printed[-1].splitlines()]
    assert {each["name"]: each["attributes"].get("full_name") for each in imported} == {
        "R&D": None,
        "ada": ["Lovelace, Ada"],
        "robert": ["Bob O'Brien"],
    }
    with closing(sqlite3.connect(directory / "staff.db")) as database:
        assert database.execute("SELECT login, status FROM person ORDER BY login").fetchall() == [
            ("ada", "A"),
            ("robert", "D"),
        ]
        assert database.execute("SELECT count(*) FROM phone").fetchall() == [(2,)]
        assert database.execute("SELECT count(*) FROM membership").fetchall() == [(1,)]
