"""A group of 100,000 members: one member more, beside what the server itself takes for that; and the group read."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from tests.bench import bridge, c_client, caller, connectors, slapd
from tests.bench.connectors import Kind, Target
from tests.bench.figure import Figure, at_most
from tests.bench.scratch import scratch
from tests.bench.slapd import Content, Sync

MEMBERS = 100_000
ADDED = 50
MILLISECONDS = 1_000


def figures() -> Iterator[Figure]:
    with (
        scratch() as files,
        slapd.running(files / "slapd", Sync.NONE, Content(big_groups=("bridge", "limit"), members=MEMBERS)) as server,
        bridge.running(files, {Target.DIRECTORY: connectors.directory(server)}) as running,
    ):
        for label in ("bridge", "limit"):
            caller.stream(running, Target.DIRECTORY, label, ADDED)
        ours = statistics.median(caller.singly(running, Target.DIRECTORY, "bridge", ADDED, Kind.MORE))
        theirs = 1 / c_client.writes(server, Kind.MORE, "limit", ADDED)
        beyond = (ours - theirs) * MILLISECONDS
        yield Figure(f"one member to {MEMBERS:,}, beyond the server's time", beyond, "ms", at_most(20))
        seconds = caller.group_read(running, "bridge", MEMBERS + ADDED)
        yield Figure(f"a group of {MEMBERS:,} read", seconds, "s", at_most(10))
