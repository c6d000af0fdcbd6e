"""Reads a document as its reader does: its `sh` and `python` blocks are run, in their order, in one directory.

Rules. A block whose lines all begin with `make` is set-up: what runs these tests has done it. A block that is
`ecma-bridge serve` runs on, in a terminal of its own, until the next such block, or one that begins with the comment
`# with the bridge stopped`. All others must end with 0. What is only shown stands in a block without a language.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVE = "ecma-bridge serve "
STOPPED = "# with the bridge stopped\n"
_STARTED = '"event": "started"'


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str) -> list[str]:
    found = re.findall(r"^```(sh|python)\n(.*?)^```$", text(document), re.DOTALL | re.MULTILINE)
    commands = [body if language == "sh" else f"python - <<'END'\n{body}END\n" for language, body in found]
    return [each for each in commands if not all(line.startswith("make ") for line in each.splitlines())]


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
        """Run all blocks; gives what each printed that is not a `serve`."""
        printed = []
        with ExitStack() as terminal:
            for block in blocks(document):
                if block.startswith((SERVE, STOPPED)):
                    terminal.close()
                if block.startswith(SERVE):
                    terminal.enter_context(self.serving(block))
                else:
                    printed.append(self.run(block))
        return printed
