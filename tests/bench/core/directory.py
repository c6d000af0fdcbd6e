"""Creates in a directory, beside what python-ldap pipelines to the same server: (c) with fsync, (d) without."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import bridge, c_client, caller, connectors, slapd
from tests.bench.connectors import Kind, Target
from tests.bench.figure import Figure, at_least, interleaved
from tests.bench.scratch import scratch
from tests.bench.slapd import Sync

ROUNDS = 3
UNIT = "operations/s"


def figures() -> Iterator[Figure]:
    c_client.require_python_ldap()
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
                lambda number: c_client.writes(server, Kind.CREATE, f"limit{number}", count),
            )
    return ours, limit
