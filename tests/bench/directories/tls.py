"""What TLS costs: creates over ldaps beside the same over ldap, to one server that leaves writes to the system."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import bridge, caller, connectors, slapd
from tests.bench.connectors import Target
from tests.bench.figure import Figure, at_least, interleaved
from tests.bench.scratch import scratch
from tests.bench.slapd import Sync

ROUNDS = 3
OPERATIONS = 6_000


def figures() -> Iterator[Figure]:
    with scratch() as files, slapd.running(files / "slapd", Sync.NONE) as server:
        both = {
            Target.DIRECTORY: connectors.directory(server),
            Target.SECURE_DIRECTORY: connectors.secure_directory(server),
        }
        with bridge.running(files, both) as running:
            secure, clear = interleaved(
                ROUNDS,
                lambda number: caller.stream(running, Target.SECURE_DIRECTORY, f"tls{number}", OPERATIONS),
                lambda number: caller.stream(running, Target.DIRECTORY, f"clear{number}", OPERATIONS),
            )
    yield Figure("create over TLS, beside in clear", secure, "operations/s", at_least(0.75), clear)
