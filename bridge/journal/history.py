"""Questions asked of the journal: one operation, a list, settlements in order, the backlog, what is to run next.

Answered on a connection and a thread of their own, so that no question delays a commit. The journal has two: a caller's
long list delays no dispatcher. A question sees everything that was committed before it was asked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from bridge.journal import assignments, entries, lanes
from bridge.journal.entries import Conclusion, Entry
from bridge.journal.lanes import AliasKey
from bridge.journal.sealing import Sealer
from bridge.model import lifecycle
from bridge.model.errors import UnknownOperationError
from bridge.model.identity import CallerName, ConnectorName, Lane, ObjectRef, OperationId, SettleNumber
from bridge.model.lifecycle import State
from bridge.model.status import Backlog, ListOrder, OperationFilter, OperationStatus

AnswerT = TypeVar("AnswerT")

PAGE_BYTES = 8 * 1024 * 1024
"""Of stored content, after which a page of entries ends."""
_BEYOND = 2**63 - 1
"""No sequence is greater."""


@dataclass(frozen=True, slots=True)
class Held:
    """An open operation that neither runs nor is ready to: what it waits for and until when (seconds since 1970)."""

    sequence: int
    lane: Lane
    state: State
    not_before: float | None
    waits_for: ObjectRef | None


class Page(NamedTuple):
    """Entries in order of acceptance. `cut`: there may be more, which would have been too much for memory at once."""

    entries: list[Entry]
    cut: bool


class History:
    def __init__(self, connection: Connection, sealer: Sealer, name: str) -> None:
        self._connection = connection
        self._sealer = sealer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def _ask(self, question: Callable[[], AnswerT]) -> AnswerT:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)

    def close(self) -> None:
        self._thread.shutdown()
        self._connection.close()  # the WAL is taken away only with the last connection

    async def status(self, caller: CallerName, operation: OperationId) -> OperationStatus:
        """UnknownOperationError if this caller has no such operation."""
        found = await self._statuses("caller = ? AND id = ?", (caller, operation), "sequence", 1)
        if not found:
            raise UnknownOperationError(f"caller {caller} has no operation {operation}")
        return found[0]

    async def operations(self, which: OperationFilter) -> list[OperationStatus]:
        condition, values = "sequence > ?", [which.after]
        order = "sequence"
        if which.order is ListOrder.NEWEST:
            condition, values = "sequence < ?", [which.after or _BEYOND]
            order = "sequence DESC"
        for column, allowed in (("connector", which.connectors), ("state", which.states)):
            if allowed:
                condition += f" AND {column} IN (SELECT value FROM json_each(?))"
                values.append(json.dumps(sorted(allowed)))  # type: ignore[arg-type]  # a list of parameters
        if which.states and which.states.isdisjoint(lifecycle.FINAL):
            condition += " AND settle_number IS NULL"
        return await self._statuses(condition, tuple(values), order, which.limit)

    async def settlements(
        self, after: SettleNumber, connectors: Collection[ConnectorName], limit: int
    ) -> tuple[list[OperationStatus], SettleNumber]:
        """Final operations in the order in which they became final, and the number behind which the next ones are."""
        newest = "SELECT coalesce(max(settle_number), 0) FROM operation WHERE settle_number IS NOT NULL"
        tip = SettleNumber(await self._ask(lambda: self._connection.exec_driver_sql(newest).scalar_one()))
        if tip <= after:
            return [], after
        page = await self._statuses(
            "settle_number > ? AND settle_number <= ? AND connector IN (SELECT value FROM json_each(?))",
            (after, tip, json.dumps(sorted(connectors))),
            "settle_number",
            limit,
        )
        # What other connectors settled is passed over for good, and not looked through again each time.
        return page, (page[-1].settle_number or tip) if len(page) == limit else tip

    async def _statuses(
        self, condition: str, values: tuple[object, ...], order: str, limit: int
    ) -> list[OperationStatus]:
        statement = (
            f"SELECT {entries.STATUS_COLUMNS} FROM operation WHERE {condition} ORDER BY {order} LIMIT {int(limit)}"
        )
        return await self._ask(
            lambda: [entries.status(row) for row in self._connection.exec_driver_sql(statement, values)]
        )

    async def backlog(self, connector: ConnectorName) -> Backlog:
        statement = (
            "SELECT iif(state = 'waiting' AND outcome->>4 IS NOT NULL, 'not_ready', state), count(*)"
            " FROM operation WHERE connector = ? AND settle_number IS NULL GROUP BY 1"
        )
        counts = await self._ask(lambda: self._connection.exec_driver_sql(statement, (connector,)).all())
        by_state = {row[0]: row[1] for row in counts}
        by_state["uncertain"] = by_state.pop("confirming", 0) + by_state.get("uncertain", 0)
        return Backlog(**by_state)

    async def ready_after(self, connector: ConnectorName, sequence: int, limit: int) -> Page:
        """ACCEPTED operations of a connector, in order."""
        condition = "connector = ? AND settle_number IS NULL AND sequence > ? AND state = 'accepted'"
        return await self._entries(condition, (connector, sequence), limit)

    async def next_in_lanes(self, wanted: Sequence[tuple[Lane, int]], limit: int) -> Page:
        """ACCEPTED operations of those lanes, each after the sequence given with it; `limit` for each lane."""
        condition = (
            "sequence IN (SELECT sequence FROM (SELECT o.sequence, row_number() OVER"
            " (PARTITION BY o.lane ORDER BY o.sequence) AS place FROM json_each(?) AS each CROSS JOIN operation AS o"
            " ON o.lane = each.value->>0 AND o.sequence > each.value->>1"
            " AND o.settle_number IS NULL AND o.state = 'accepted') WHERE place <= ?)"
        )
        return await self._entries(condition, (json.dumps(wanted), limit), len(wanted) * limit)

    async def load(self, sequences: Collection[int]) -> Page:
        """Those operations, where they are still open, in order."""
        condition = "sequence IN (SELECT value FROM json_each(?)) AND settle_number IS NULL"
        return await self._entries(condition, (json.dumps(sorted(sequences)),), len(sequences))

    async def _entries(self, condition: str, values: tuple[object, ...], limit: int) -> Page:
        statement = (
            f"SELECT {entries.ENTRY_COLUMNS} FROM operation WHERE {condition} ORDER BY sequence LIMIT {int(limit)}"
        )
        return await self._ask(lambda: self._read_page(statement, values))

    def _read_page(self, statement: str, values: tuple[object, ...]) -> Page:
        rows, size = [], 0
        with closing(self._connection.exec_driver_sql(statement, values)) as found:
            for row in found:
                rows.append(row)
                size += entries.stored_size(row)
                if size >= PAGE_BYTES:
                    break
        return Page(entries.read(rows, self._sealer), cut=size >= PAGE_BYTES)

    async def held(self, connector: ConnectorName) -> list[Held]:
        """Everything open that is neither ACCEPTED nor RUNNING, in order of acceptance."""
        statement = (
            "SELECT sequence, lane, state, not_before, outcome FROM operation"
            " WHERE connector = ? AND settle_number IS NULL AND state <> 'accepted' ORDER BY sequence"
        )
        rows = await self._ask(lambda: self._connection.exec_driver_sql(statement, (connector,)).all())
        return [
            Held(
                row.sequence,
                Lane(row.lane),
                State(row.state),
                row.not_before,
                Conclusion.decode(row.outcome).waits_for,
            )
            for row in rows
        ]

    async def last_numbers(self, connector: ConnectorName) -> dict[str, int]:
        """The last number that each sequence of the connector gave, by attribute."""
        return await self._ask(lambda: assignments.last_numbers(self._connection, connector))

    async def known(self, keys: Collection[AliasKey]) -> set[AliasKey]:
        """Which of those aliases exist."""
        return set(await self._ask(lambda: lanes.look_up(self._connection, keys)))

    async def still_open(self, sequences: Collection[int]) -> set[int]:
        """Those of the operations that are not final."""
        statement = (
            "SELECT sequence FROM operation WHERE settle_number IS NULL"
            " AND sequence IN (SELECT value FROM json_each(?))"
        )
        asked = (json.dumps(list(sequences)),)
        return set(await self._ask(lambda: self._connection.exec_driver_sql(statement, asked).scalars().all()))
