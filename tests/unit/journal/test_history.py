"""What is asked of the journal's past, and what is forgotten of it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from bridge.journal import Conclusion, Entry, Purge, Transition
from bridge.journal.maintenance import check
from bridge.journal.retention import CHUNK
from bridge.model import CallerName, ConnectorName, Delete, Name, ObjectRef, ObjectType, Operation, SettleNumber, State
from bridge.model.identity import new_operation_id
from tests.unit.journal.opened import OpenedJournal

A, B = ConnectorName("a"), ConnectorName("b")


def settle(opened: OpenedJournal, connector: ConnectorName, count: int) -> None:
    operations = [
        Operation(
            new_operation_id(),
            CallerName("hr"),
            connector,
            ObjectRef(ObjectType("user"), None, Name(f"user {number}")),
            Delete(),
        )
        for number in range(count)
    ]
    accepted = [each for each in opened.accept(*operations) if isinstance(each, Entry)]
    opened.run(opened.journal.intend(accepted))
    opened.run(opened.journal.record([Transition(each, State.SUCCEEDED, Conclusion()) for each in accepted]))


def test_who_watches_one_connector_does_not_look_through_the_others_twice(tmp_path: Path) -> None:
    opened = OpenedJournal(tmp_path / "journal")
    settle(opened, A, 5)
    settle(opened, B, 3)
    ask = opened.journal.history.settlements
    page, reached = opened.run(ask(SettleNumber(0), [B], 2))
    assert ([each.settle_number for each in page], reached) == ([6, 7], 7)
    page, reached = opened.run(ask(reached, [B], 2))
    assert ([each.settle_number for each in page], reached) == ([8], 8)
    settle(opened, A, 4)
    assert opened.run(ask(reached, [B], 2)) == ([], 12)
    opened.close()


def test_a_long_list_of_a_caller_does_not_delay_the_dispatcher(tmp_path: Path) -> None:
    opened = OpenedJournal(tmp_path / "journal")
    settle(opened, A, 1)
    reading, go_on = threading.Event(), threading.Event()

    def hold() -> int:
        reading.set()
        go_on.wait()
        return 0

    # A row that takes for ever to read stands for a million rows.
    opened.journal.listings._connection.connection.driver_connection.create_function("hold", 0, hold)

    async def ask() -> None:
        listing = asyncio.create_task(opened.journal.listings._statuses("hold() = 0", (), "sequence", 1))
        await asyncio.to_thread(reading.wait)
        assert await opened.journal.history.ready_after(A, 0, 10) == ([], False)
        assert not listing.done()
        go_on.set()
        assert len(await listing) == 1

    opened.run(ask())
    opened.close()


def test_a_purge_leaves_nothing_old_however_much_there_is(tmp_path: Path) -> None:
    opened = OpenedJournal(tmp_path / "journal")
    for _ in range(3):
        settle(opened, A, CHUNK // 2)
    opened.run(opened.journal.purge(Purge(float("inf"), float("inf"))))
    opened.close()
    left = check(tmp_path / "journal")
    assert (left.operations, left.audit_records, left.problems) == (0, 0, ())
