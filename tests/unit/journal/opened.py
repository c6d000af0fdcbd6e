"""A journal for tests, opened and killed at will in an event loop of the test's own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bridge.journal import Draft, Entry, Journal, Limits
from bridge.journal.acceptance import Accepted
from bridge.model.operations import Operation

AnswerT = TypeVar("AnswerT")

LIMITS = Limits(pending=1000, disk_reserve=0)


class OpenedJournal:
    """`new` collects what was accepted for the first time, as intake would offer it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.failures: list[BaseException] = []
        self.new: list[Entry] = []
        self._runner = asyncio.Runner()
        try:
            self.journal = self.run(self._open())
        except BaseException:
            self._runner.close()
            raise

    async def _open(self) -> Journal:
        return Journal(self.directory, LIMITS, self.failures.append)

    def run(self, work: Coroutine[Any, Any, AnswerT]) -> AnswerT:
        return self._runner.run(work)

    def accept(self, *operations: Operation) -> Sequence[Accepted]:
        return self.run(self.journal.accept([Draft(each) for each in operations], self.new.extend))

    def reopen(self) -> None:
        """Stop in order and start again."""
        self.run(self.journal.close())
        self.journal = self.run(self._open())

    def crash(self, into: Path) -> None:
        """Go on from what is on disk now, as after kill -9."""
        shutil.copytree(self.directory, into)
        into.chmod(0o700)
        self.run(self.journal.close())
        self.directory = into
        self.new.clear()
        self.journal = self.run(self._open())

    def close(self) -> None:
        self.run(self.journal.close())
        self._runner.close()
