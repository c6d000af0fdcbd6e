"""The journal as the engine sees it: accept, intend, record, step, and questions (`history`).

Opening it takes the ownership lock, checks the file, migrates it, and turns what a crash left running into doubt.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from bridge.journal import acceptance, assignments, attempts, disk, migrations, recovery, retention, steps, storage
from bridge.journal.acceptance import Accepted, Draft
from bridge.journal.assignments import Assignment
from bridge.journal.entries import Entry, Transition
from bridge.journal.history import History
from bridge.journal.ownership import Ownership
from bridge.journal.recovery import Mode
from bridge.journal.retention import Purge
from bridge.journal.sealing import Sealer
from bridge.journal.steps import Step, Stepped
from bridge.journal.transaction import Tail, Transaction
from bridge.journal.writer import Handler, Kind, Writer
from bridge.model import lifecycle
from bridge.model.errors import BacklogFullError, BridgeError, UnavailableError
from bridge.model.status import OperationStatus

SWITCH_INTERVAL = 0.0002
"""Seconds between hand-overs of the GIL. With Python's 5 ms a 64-row commit beside a busy loop takes 140 ms."""

DISK_CHECK_SECONDS = 1.0
RETRY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """`pending`: most open operations. `disk_reserve`: bytes kept free, so that results can still be recorded."""

    pending: int
    disk_reserve: int


class Journal:
    """All methods are for the event loop in which it was made. One process at a time has a journal open.

    `failed` is called once if the disk fails: the process must then end, and start again from what is on disk.
    """

    def __init__(self, directory: Path, limits: Limits, failed: Callable[[BaseException], None]) -> None:
        self._directory = directory
        self._limits = limits
        self._space_checked = float("-inf")
        with disk.told(directory):
            self._owner = Ownership(directory)
            try:
                recovery.refuse_lost_wal(directory)
                self._connection = storage.connect(directory, create=True)
                sealer, tail = self._begin()
            except BaseException:
                self._owner.release()
                raise
        self.pending = _count_open(self._connection)
        self.history = History(storage.connect(directory), sealer, "journal-reader")
        self.listings = History(storage.connect(directory), sealer, "journal-listings")
        """For callers' lists and watches alone, which may read long."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._writer = Writer(self._connection, tail, sealer, _HANDLERS, failed)

    def _begin(self) -> tuple[Sealer, Tail]:
        try:
            storage.refuse_damage(self._connection, self._directory)
            migrations.migrate(self._connection)
            self.mode = recovery.mode_of(self._connection, self._directory)
            sealer = Sealer(self._directory / storage.KEYS)
            tail = storage.read_tail(self._connection)
            recovery.begin(self._connection, self._directory, tail, sealer, self.mode)
        except BaseException:
            recovery.mark_stopped(self._directory)
            self._connection.close()
            raise
        return sealer, tail

    async def close(self) -> None:
        """Commit what waits and let go of the file."""
        await self._writer.close()
        self.history.close()
        self.listings.close()
        recovery.mark_stopped(self._directory)
        self._connection.close()
        self._owner.release()

    def check_room(self, wanted: int) -> None:
        """BacklogFullError while the journal is full or its disk nearly so; UnavailableError until it is released."""
        if self.mode is Mode.RECONCILE:
            raise UnavailableError(
                "the journal was restored from a backup, and nothing new is accepted until it is released: when"
                " `ecma-bridge operations list` shows no open operation any more, stop the bridge and run:"
                f" ecma-bridge journal release --path {self._directory}",
                retry_after=RETRY_SECONDS,
            )
        if self.pending + wanted > self._limits.pending:
            raise BacklogFullError(
                f"the journal holds {self.pending} open operations, the limit journal.max_pending is"
                f" {self._limits.pending}",
                retry_after=RETRY_SECONDS,
            )
        self._check_disk()

    def _check_disk(self) -> None:
        now = time.monotonic()
        if now - self._space_checked < DISK_CHECK_SECONDS:
            return
        if storage.free_bytes(self._directory) < self._limits.disk_reserve:
            raise BacklogFullError(
                f"the disk of {self._directory} is nearly full: less than the reserve of"
                f" {self._limits.disk_reserve >> 20} MiB is free",
                retry_after=RETRY_SECONDS,
            )
        self._space_checked = now

    async def accept(self, drafts: Sequence[Draft], committed: Callable[[list[Entry]], None]) -> Sequence[Accepted]:
        """One answer for each draft, after the commit.

        `committed` gets the new entries in the order of acceptance, even if the caller has gone meanwhile.
        """

        def told(answers: Sequence[Accepted]) -> None:
            entries = [each for each in answers if isinstance(each, Entry)]
            self.pending += len(entries)
            committed(entries)

        return await self._writer.submit(Kind.ACCEPT, drafts, told)

    async def assign(self, wanted: Sequence[Assignment]) -> None:
        """Journal the values; the entries have them after the commit."""
        operations = await self._writer.submit(Kind.ASSIGN, wanted)
        for each, operation in zip(wanted, operations, strict=True):
            each.entry.operation = operation
            each.entry.assigned = {**each.entry.assigned, **each.values}

    async def intend(self, claimed: Sequence[Entry]) -> Sequence[Entry]:
        """Journal the intents; gives those that may be sent."""
        granted: Sequence[bool] = await self._writer.submit(Kind.INTEND, claimed)
        return [entry for entry, may in zip(claimed, granted, strict=True) if may]

    async def record(self, transitions: Sequence[Transition]) -> Sequence[OperationStatus]:
        """Journal what attempts came to; gives a status for each operation that became final, in settle order."""
        told: Sequence[OperationStatus | None] = await self._writer.submit(Kind.RECORD, transitions)
        settled = [status for status in told if status is not None]
        self.pending -= len(settled)
        return settled

    async def step(self, step: Step, committed: Callable[[Stepped], None]) -> OperationStatus:
        """StepRefusedError or UnknownOperationError if it cannot be.

        `committed` gets the operation as it is after the step, even if whoever asked has gone meanwhile.
        """

        def told(answers: Sequence[Stepped | BridgeError]) -> None:
            (answer,) = answers
            if isinstance(answer, Stepped):
                self.pending -= answer.status.state in lifecycle.FINAL
                # Not at once: whoever awaits what was committed just before is to be the first to hear of it.
                asyncio.get_running_loop().call_soon(committed, answer)

        (answer,) = await self._writer.submit(Kind.STEP, [step], told)
        if isinstance(answer, BridgeError):
            raise answer
        status: OperationStatus = answer.status
        return status

    async def purge(self, due: Purge) -> None:
        while (await self._writer.submit(Kind.PURGE, [due]))[0] >= retention.CHUNK:
            pass


def _count_open(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM operation WHERE settle_number IS NULL").scalar_one())


def _take_steps(transaction: Transaction, wanted: list[Step]) -> list[Stepped | BridgeError]:
    return [steps.take(transaction, step) for step in wanted]


def _purge(transaction: Transaction, wanted: list[Purge]) -> list[int]:
    return [retention.purge(transaction, due) for due in wanted]


_HANDLERS: dict[Kind, Handler] = {
    Kind.STEP: _take_steps,
    Kind.ASSIGN: assignments.assign,
    Kind.INTEND: attempts.intend,
    Kind.RECORD: attempts.record,
    Kind.ACCEPT: acceptance.append,
    Kind.PURGE: _purge,
}
