"""A real bridge process to measure: started as in life, watched through /proc, stopped by its id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.scratch import ROOT

COMMAND = (sys.executable, "-c", "from bridge.cli import main; main()", "serve", "--config")
CALLER = "bench"
START_SECONDS = 120.0
STOP_SECONDS = 60.0
TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge that answers on `address`."""

    address: str
    pid: int
    started: float
    """By `time.monotonic`, just before the process was made."""

    def cpu_seconds(self) -> float:
        """What all its threads have used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    def resident_mb(self) -> float:
        """Memory that it holds now, in 10^6 bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def running(directory: Path, connectors: Mapping[str, Mapping[str, Any]]) -> Iterator[Bridge]:
    """A bridge with its journal in `directory`/journal, there already or not."""
    socket = directory / "api.sock"
    config = directory / "bridge.yaml"
    config.write_text(json.dumps(_settings(directory, socket, connectors)))
    config.chmod(0o600)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started = time.monotonic()
    with (directory / "bridge.log").open("ab") as log:
        process = subprocess.Popen([*COMMAND, config], cwd=ROOT, env=environment, stderr=log)
    try:
        _wait_for(socket, process, directory / "bridge.log")
        yield Bridge(f"unix://{socket}", process.pid, started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def _settings(directory: Path, socket: Path, connectors: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """JSON is YAML."""
    return {
        "journal": {"path": str(directory / "journal"), "max_pending": 2_000_000},
        "listen": {"socket": {"path": str(socket)}},
        "callers": [{"name": CALLER, "via": "socket", "connectors": ["*"]}],
        "connectors": connectors,
        "log": {"level": "warning"},
    }


def _wait_for(socket: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            msg = f"The bridge did not start:\n{log.read_text()[-2000:]}"
            raise RuntimeError(msg)
        time.sleep(0.01)
