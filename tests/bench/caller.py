"""Starts the caller's process (`load`) and gives what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from tests.bench.bridge import Bridge
from tests.bench.connectors import Target
from tests.bench.scratch import ROOT


def stream(bridge: Bridge, target: Target, label: str, count: int) -> float:
    """Operations per second, accepted, executed and settled, each on disk."""
    (seconds,) = _load("stream", bridge, target, label, count)
    return count / seconds


def singly(bridge: Bridge, target: Target, label: str, count: int) -> Sequence[float]:
    """Seconds that each of so many operations took, one after the other."""
    return _load("singly", bridge, target, label, count)


def _load(mode: str, bridge: Bridge, target: Target, label: str, count: int) -> list[float]:
    command = [sys.executable, "-m", "tests.bench.load", mode, bridge.address, target, label, str(count)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    taken: list[float] = json.loads(done.stdout)
    return taken
