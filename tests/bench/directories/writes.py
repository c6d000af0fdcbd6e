"""Creates, changes, memberships, moves and deletes of the same people, beside what python-ldap pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench import bridge, c_client, caller, connectors, slapd
from tests.bench.bridge import Bridge
from tests.bench.connectors import Kind, Target
from tests.bench.figure import Figure, at_least, interleaved
from tests.bench.scratch import scratch
from tests.bench.slapd import Slapd, Sync

ROUNDS = 3
KINDS = (Kind.CREATE, Kind.MODIFY, Kind.MEMBER, Kind.MOVE, Kind.DELETE)
"""In this order: each needs what the one before left."""
COUNTS = {Sync.FSYNC: 1_000, Sync.NONE: 5_000}
TARGETS = {Sync.FSYNC: 0.7, Sync.NONE: 0.25}
WORDS = {Sync.FSYNC: "slapd", Sync.NONE: "slapd, dbnosync"}


def figures() -> Iterator[Figure]:
    for sync, count in COUNTS.items():
        with scratch() as files, slapd.running(files / "slapd", sync) as server:
            written_to = {Target.DIRECTORY: connectors.directory(server)}
            with bridge.running(files, written_to) as running:
                for kind in KINDS:
                    ours, limit = _measured(running, server, kind, count)
                    yield Figure(f"{kind}, {WORDS[sync]}", ours, "operations/s", at_least(TARGETS[sync]), limit)


def _measured(running: Bridge, server: Slapd, kind: Kind, count: int) -> Sequence[float]:
    return interleaved(
        ROUNDS,
        lambda number: caller.stream(running, Target.DIRECTORY, f"bridge{number}", count, kind),
        lambda number: c_client.writes(server, kind, f"limit{number}", count),
    )
