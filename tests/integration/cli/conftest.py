"""The command line in a process of its own, and a gRPC ingress for it to call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.ingress.rpc import CallerDirectory, SocketListener
from tests.integration.rpc.bridge import ME, RunningBridge, running

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-W", "error", "-c", "from bridge.cli import main; main()")
ENVIRONMENT = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended."""

    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Ended]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    def run(*arguments: object, given: str | None = None) -> Ended:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env=ENVIRONMENT,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[RunningBridge]:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with running(tmp_path, CallerDirectory(socket=ME), socket=SocketListener(private / "socket")) as started:
        yield started


@pytest.fixture
def ask(cli: Cli, bridge: RunningBridge) -> Cli:
    """The command line, told where the bridge is."""
    return lambda *arguments, given=None: cli(*arguments, "--connect", bridge.target, given=given)
