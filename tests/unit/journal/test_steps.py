"""A step that was committed counts, whatever becomes of the call that asked for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bridge.journal import Draft, Journal, Step, Stepped
from bridge.model import CallerName, ConnectorName, Delete, Name, ObjectRef, ObjectType, Operation, State
from bridge.model.identity import new_operation_id
from tests.unit.journal.opened import LIMITS


async def test_who_asked_for_a_step_and_has_gone_leaves_nothing_undone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", LIMITS, lambda _: None)
    target = ObjectRef(ObjectType("user"), None, Name("ann"))
    operation = Operation(new_operation_id(), CallerName("hr"), ConnectorName("staff"), target, Delete())
    await journal.accept([Draft(operation)], lambda _: None)
    told: asyncio.Future[Stepped] = asyncio.get_running_loop().create_future()
    step = Step(operation.caller, operation.id, State.CANCELLED, CallerName("person"))
    asking = asyncio.create_task(journal.step(step, told.set_result))
    await asyncio.sleep(0)
    asking.cancel()
    async with asyncio.timeout(10):
        stepped = await told
    assert (stepped.entry.state, stepped.status.settle_number) == (State.CANCELLED, 1)
    assert asking.cancelled()
    assert journal.pending == 0
    await journal.close()
