"""Starts the caller's process (`load`) and gives what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from tests.bench.bridge import Bridge
from tests.bench.connectors import Kind, Target
from tests.bench.scratch import ROOT


def stream(bridge: Bridge, target: Target, label: str, count: int, kind: Kind = Kind.CREATE) -> float:
    """Operations per second, accepted, executed and settled, each on disk."""
    (seconds,) = _load("stream", bridge, target, label, count, kind)
    return count / seconds


def singly(bridge: Bridge, target: Target, label: str, count: int, kind: Kind = Kind.CREATE) -> Sequence[float]:
    """Seconds that each of so many operations took, one after the other."""
    return _load("singly", bridge, target, label, count, kind)


def imported(bridge: Bridge, target: Target, count: int) -> float:
    """Entries a second of a full import, as they reach a caller."""
    (seconds,) = _load("imported", bridge, target, "", count)
    return count / seconds


def group_read(bridge: Bridge, label: str, members: int) -> float:
    """Seconds until a caller has a large group, all members told."""
    (seconds,) = _load("group", bridge, Target.DIRECTORY, label, members)
    return seconds


def _load(mode: str, bridge: Bridge, target: Target, label: str, count: int, kind: Kind = Kind.CREATE) -> list[float]:
    command = [sys.executable, "-m", "tests.bench.load", mode, bridge.address, target, kind, label, str(count)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    taken: list[float] = json.loads(done.stdout)
    return taken
