"""Fills a journal with pending operations by the journal's own accept, before a bridge is started on it.

`python -m tests.bench.prefill DIRECTORY COUNT`: operations for the connector `memory`. Called by `prefilled`.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.journal import Draft, Journal, Limits
from tests.bench.connectors import Kind, Target, operations
from tests.bench.scratch import ROOT

AT_ONCE = 4096


def prefilled(directory: Path, count: int) -> Path:
    """`directory`, with a journal that holds so many pending operations. In a process of its own, as it uses memory."""
    journal = directory / "journal"
    command = [sys.executable, "-m", "tests.bench.prefill", journal, str(count)]
    directory.mkdir(mode=0o700)
    subprocess.run(command, cwd=ROOT, check=True)
    return directory


async def _fill(directory: Path, count: int) -> None:
    journal = Journal(directory, Limits(pending=count, disk_reserve=0), _fail)
    pending = operations(Target.MEMORY, Kind.CREATE, "pending", count)
    waiting: asyncio.Future[object] | None = None
    for drafts in _chunks(pending):
        # The next chunk is made while the writer commits this one.
        following = asyncio.ensure_future(journal.accept(drafts, lambda _: None))
        await asyncio.sleep(0)
        if waiting is not None:
            await waiting
        waiting = following
    if waiting is not None:
        await waiting
    await journal.close()


def _chunks(operations: Iterator) -> Iterator[list[Draft]]:
    while chunk := [Draft(each) for each in itertools.islice(operations, AT_ONCE)]:
        yield chunk


def _fail(error: BaseException) -> None:
    raise error


if __name__ == "__main__":
    asyncio.run(_fill(Path(sys.argv[1]), int(sys.argv[2])))
