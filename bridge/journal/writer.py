"""The writer: the one thread that writes the journal, with group commit.

Whatever accept, intent, settle and step work waits is done in one transaction with one fsync, then all of it is
answered at once. There is no timer: a commit takes as long as the disk needs, and what arrives meanwhile is the next
group. An error in a transaction ends the writer for good: after a failed fsync nobody knows what is on disk, so the
process must stop and start again from what really is (delivery C15).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from bridge.journal.sealing import Sealer
from bridge.journal.transaction import Tail, Transaction
from bridge.model.errors import UnavailableError
from bridge.telemetry.failpoints import CrashPoint, reach

ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")

GROUP_ITEMS = 4096
"""Most items in one transaction, so that none waits long behind a flood."""


class Kind(Enum):
    """Kinds of work, in the order in which one transaction does them.

    A purge comes first: it shreds the keys that nothing needs, so it must not see what is not committed yet.
    """

    PURGE = "purge"
    STEP = "step"
    ASSIGN = "assign"
    INTEND = "intend"
    RECORD = "record"
    ACCEPT = "accept"


Handler = Callable[[Transaction, list[Any]], Sequence[Any]]
"""Does all waiting items of one kind at once: an answer for each item, in their order."""


class Work(Generic[ItemT, AnswerT]):
    """Items of one request, and the future that gets their answers."""

    __slots__ = ("answer", "committed", "items", "kind")

    def __init__(
        self,
        kind: Kind,
        items: Sequence[ItemT],
        answer: asyncio.Future[Sequence[AnswerT]],
        committed: Callable[[Sequence[AnswerT]], None] | None,
    ) -> None:
        self.kind = kind
        self.items = items
        self.answer = answer
        self.committed = committed


class Writer:
    """`failed` is called in the event loop, once, if the journal cannot be written any more."""

    def __init__(
        self,
        connection: Connection,
        tail: Tail,
        sealer: Sealer,
        handlers: dict[Kind, Handler],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._connection = connection
        self._tail = tail
        self._sealer = sealer
        self._handlers = handlers
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Work[Any, Any]] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(
        self, kind: Kind, items: Sequence[Any], committed: Callable[[Sequence[Any]], None] | None = None
    ) -> asyncio.Future[Sequence[Any]]:
        """The answers, after the commit. UnavailableError if the journal has failed or is closed.

        `committed` is called with them in the event loop, in the order of the commits, even if whoever awaits the
        future has gone meanwhile.
        """
        answer: asyncio.Future[Sequence[Any]] = self._loop.create_future()
        with self._wake:
            if self._stopping or self._error is not None:
                raise UnavailableError("the journal is closed" if self._error is None else "the journal's disk failed")
            self._waiting.append(Work(kind, items, answer, committed))
            self._wake.notify()
        return answer

    async def close(self) -> None:
        """Commit what waits, then stop."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while group := self._next_group():
            try:
                answers = self._commit(group)
            except BaseException as error:  # noqa: BLE001 - whatever it is, nothing may be written after it
                self._fail(error, group)
                return
            self._loop.call_soon_threadsafe(_answer, group, answers)

    def _next_group(self) -> list[Work[Any, Any]]:
        with self._wake:
            while not self._waiting and not self._stopping:
                self._wake.wait()
            group: list[Work[Any, Any]] = []
            size = 0
            while self._waiting and size < GROUP_ITEMS:
                group.append(self._waiting.popleft())
                size += len(group[-1].items)
            return group

    def _commit(self, group: Sequence[Work[Any, Any]]) -> list[Sequence[Any]]:
        reach(CrashPoint.RECEIVED)
        transaction = Transaction(self._connection, self._tail, self._sealer, time.time())
        self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        answers = {id(work): work_answers for work, work_answers in self._apply(transaction, group)}
        transaction.write_audit()
        reach(CrashPoint.COMMITTING)
        self._connection.exec_driver_sql("COMMIT")
        reach(CrashPoint.COMMITTED)
        return [answers[id(work)] for work in group]

    def _apply(
        self, transaction: Transaction, group: Sequence[Work[Any, Any]]
    ) -> list[tuple[Work[Any, Any], Sequence[Any]]]:
        done = []
        for kind in Kind:
            works = [work for work in group if work.kind is kind]
            if works:
                answers = self._handlers[kind](transaction, [item for work in works for item in work.items])
                done += _share(works, answers)
        return done

    def _fail(self, error: BaseException, group: Sequence[Work[Any, Any]]) -> None:
        # First, so that whoever is refused is not heard of before the failure.
        self._loop.call_soon_threadsafe(self._failed, error)
        with self._wake:
            self._error = error
            lost = [*group, *self._waiting]
            self._waiting.clear()
        self._loop.call_soon_threadsafe(_refuse, lost)


def _share(works: Sequence[Work[Any, Any]], answers: Sequence[Any]) -> list[tuple[Work[Any, Any], Sequence[Any]]]:
    """Give each request its own stretch of the answers."""
    shared, start = [], 0
    for work in works:
        shared.append((work, answers[start : start + len(work.items)]))
        start += len(work.items)
    return shared


def _answer(group: Sequence[Work[Any, Any]], answers: Sequence[Sequence[Any]]) -> None:
    for work, own in zip(group, answers, strict=True):
        if work.committed is not None:
            work.committed(own)
        if not work.answer.done():
            work.answer.set_result(own)


def _refuse(lost: Sequence[Work[Any, Any]]) -> None:
    for work in lost:
        if not work.answer.done():
            work.answer.set_exception(UnavailableError("the journal's disk failed; send again with the same id"))
