"""Creates in a directory, beside what python-ldap pipelines to the same server: (c) with fsync, (d) without."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.bench import bridge, caller, connectors, slapd
from tests.bench.connectors import Target
from tests.bench.figure import Figure, at_least, interleaved
from tests.bench.scratch import scratch
from tests.bench.slapd import Slapd, Sync
from tests.support import apt

ROUNDS = 3
UNIT = "operations/s"
SYSTEM_PYTHON = "/usr/bin/python3"
PIPELINED_ADDS = Path(__file__).parents[1] / "pipelined_adds.py"


def figures() -> Iterator[Figure]:
    _require_python_ldap()
    durable, limit = _measured(Sync.FSYNC, 3_000)
    yield Figure("(c) stream to slapd", durable, UNIT, at_least(0.7), limit)
    quick, limit = _measured(Sync.NONE, 10_000)
    yield Figure("(d) stream to slapd, dbnosync", quick, UNIT, at_least(0.25), limit)


def _measured(sync: Sync, count: int) -> tuple[float, float]:
    """The bridge's operations and python-ldap's adds, each a second."""
    with scratch() as files, slapd.running(files / "slapd", sync) as server:
        written_to = {Target.DIRECTORY: connectors.directory(server)}
        with bridge.running(files, written_to) as running:
            ours, limit = interleaved(
                ROUNDS,
                lambda number: caller.stream(running, Target.DIRECTORY, f"bridge{number}", count),
                lambda number: _pipelined_adds(server, f"limit{number}", count),
            )
    return ours, limit


def _pipelined_adds(server: Slapd, label: str, count: int) -> float:
    arguments = [server.url, server.admin_dn, server.password_file, server.base, label, str(count)]
    done = subprocess.run([SYSTEM_PYTHON, PIPELINED_ADDS, *arguments], stdout=subprocess.PIPE, check=True)
    return count / float(done.stdout)


def _require_python_ldap() -> None:
    if subprocess.run([SYSTEM_PYTHON, "-c", "import ldap"], capture_output=True, check=False).returncode:
        apt.install("python3-ldap")
