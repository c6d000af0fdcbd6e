"""Reads a document as its reader does: its `sh` blocks are run, in their order, in one directory.

Rules. A block whose lines all begin with `make` is set-up: what runs these tests has done it. A block that is
`ecma-bridge serve` runs on, in a terminal of its own. All others must end with 0.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVE = "ecma-bridge serve "
_STARTED = '"event": "started"'


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str) -> list[str]:
    found = re.findall(r"^```sh\n(.*?)^```$", text(document), re.DOTALL | re.MULTILINE)
    return [each for each in found if not all(line.startswith("make ") for line in each.splitlines())]


class Reader:
    """A shell in which `ecma-bridge` and `python` are those of the tests."""

    def __init__(self, directory: Path) -> None:
        programs = directory / "bin"
        programs.mkdir()
        program = programs / "ecma-bridge"
        program.write_text(f"#!{sys.executable}\nfrom bridge.cli import main\nmain()\n")
        program.chmod(0o755)
        self.directory = directory / "reader"
        self.directory.mkdir()
        self._environment = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
        }

    def run(self, block: str) -> str:
        """What it prints; it must end with 0."""
        done = subprocess.run(
            ["bash", "-euc", block],
            cwd=self.directory,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def serving(self, block: str) -> Iterator[None]:
        """The terminal in which the bridge runs, to the end of the reading."""
        command = ["bash", "-euc", f"exec {block}"]
        with subprocess.Popen(
            command, cwd=self.directory, env=self._environment, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            try:
                assert any(_STARTED in line for line in process.stderr), "the bridge did not start"
                yield
            finally:
                process.terminate()
                process.communicate(timeout=30)
        assert process.returncode == 0

    def read(self, document: str) -> list[str]:
        """Run all blocks; gives what those after the `serve` printed."""
        found = blocks(document)
        at = next(number for number, each in enumerate(found) if each.startswith(SERVE))
        for block in found[:at]:
            self.run(block)
        with self.serving(found[at]):
            return [self.run(block) for block in found[at + 1 :]]
