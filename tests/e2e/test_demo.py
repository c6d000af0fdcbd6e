"""``ecma-bridge demo`` for real: a process, its kill, the comparison and what a person gets to see."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-W", "error", "-c", "from bridge.cli import main; main()", "demo")
VERDICT = "All agree: every operation took effect exactly once."
# of make, after the installation
SECONDS = 90


def demo(tmp_path: Path, *options: str) -> str:
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "DOCKER_HOST") if key in os.environ}
    done = subprocess.run(
        [*COMMAND, *options],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == [], "the demo left something behind"
    return done.stdout


def rows(output: str) -> dict[tuple[str, ...], tuple[int, ...]]:
    """The tables: the cells of words to the cells of numbers."""
    found = {}
    for line in output.splitlines():
        cells = [each.strip() for each in line.strip("│").split("│")]
        numbers = tuple(int(each) for each in cells if each.isdigit())
        if numbers:
            found[tuple(each for each in cells if not each.isdigit())] = numbers
    return found


def check(output: str, connectors: tuple[str, ...], least: int) -> None:
    assert VERDICT in output
    assert re.search(r"SIGKILL after \d{3,} results, [1-9]\d* calls under way", output)
    assert re.search(r"[1-9]\d* calls were in doubt", output)
    table = rows(output)
    asked, succeeded, turned_down = table["all",]
    assert asked >= least
    assert (succeeded, turned_down) == (asked - 5 * len(connectors), 5 * len(connectors))
    for connector in connectors:
        for what in ("user objects", "group objects", "writes, by the target's own record"):
            wanted, found, agree, differ = table[connector, what]
            assert wanted == found == agree > 0
            assert differ == 0


def test_the_bridge_is_killed_and_every_object_of_the_database_is_as_asked(tmp_path: Path):
    check(demo(tmp_path), ("staff",), 2_000)


def test_without_a_terminal_there_are_plain_lines(tmp_path: Path):
    output = demo(tmp_path)
    assert "\x1b" not in output
    assert "\r" not in output
    assert re.search(r"\d+ of \d+ operations have their result\n", output)


@pytest.mark.service
@pytest.mark.slow
@pytest.mark.usefixtures("container_engine")
def test_a_directory_in_a_container_is_as_asked_too(tmp_path: Path):
    check(demo(tmp_path, "--ldap"), ("staff", "directory"), 3_000)
