"""A full import from slapd to a caller's stream, beside ldapsearch; and what a million entries cost in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from tests.bench import bridge, c_client, caller, connectors, slapd
from tests.bench.bridge import Bridge
from tests.bench.connectors import Target
from tests.bench.figure import Figure, at_least, at_most, interleaved
from tests.bench.scratch import scratch
from tests.bench.slapd import Content, Slapd, Sync

ROUNDS = 3
ENTRIES = 100_000
MANY = 1_000_000
WATCH_SECONDS = 0.2


def figures() -> Iterator[Figure]:
    with scratch() as files, slapd.running(files / "slapd", Sync.NONE, Content(people=ENTRIES)) as server:
        with bridge.running(files, {Target.DIRECTORY: connectors.directory(server)}) as running:
            ours, limit = interleaved(
                ROUNDS,
                lambda _: caller.imported(running, Target.DIRECTORY, ENTRIES),
                lambda _: c_client.search(server, Slapd.base, ENTRIES),
            )
        yield Figure(f"full import, {ENTRIES:,} people", ours, "entries/s", at_least(12_000))
        yield Figure("full import, share of ldapsearch", ours, "entries/s", at_least(0.1), limit)
    with (
        scratch() as files,
        slapd.running(files / "slapd", Sync.NONE, Content(people=MANY)) as server,
        bridge.running(files, {Target.DIRECTORY: connectors.directory(server)}) as running,
    ):
        yield Figure(f"memory, import of {MANY:,}", _highest(running), "MB", at_most(200))


def _highest(running: Bridge) -> float:
    """The most memory that the bridge holds during an import."""
    seen = [running.resident_mb()]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_SECONDS):
            seen.append(running.resident_mb())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        caller.imported(running, Target.DIRECTORY, MANY)
    finally:
        ended.set()
        watching.join()
    return max(seen)
