"""Steps of operations: what was committed counts, whatever becomes of who asked for it; the trail stays short."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.journal import Conclusion, Draft, Entry, Journal, Step, Stepped, Transition
from bridge.journal.maintenance import check
from bridge.model import CallerName, ConnectorName, Delete, Name, ObjectRef, ObjectType, Operation, State
from bridge.model.errors import StepRefusedError
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


async def test_an_operation_that_stays_in_doubt_is_told_of_once_in_the_trail(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", LIMITS, lambda _: None)
    target = ObjectRef(ObjectType("user"), None, Name("ann"))
    operation = Operation(new_operation_id(), CallerName("hr"), ConnectorName("staff"), target, Delete())
    [entry] = await journal.accept([Draft(operation)], lambda _: None)
    assert isinstance(entry, Entry)
    await journal.intend([entry])
    for state in (State.UNCERTAIN, *(State.CONFIRMING, State.UNCERTAIN) * 3):
        await journal.record([Transition(entry, state, Conclusion())])
    await journal.close()
    assert check(tmp_path / "journal").audit_records == len(("accepted", "doubted"))


@pytest.mark.parametrize("at_work", [State.RUNNING, State.UNCERTAIN, State.CONFIRMING])
async def test_what_may_have_been_applied_is_not_sent_again_because_a_person_asks(tmp_path: Path, at_work: State):
    journal = Journal(tmp_path / "journal", LIMITS, lambda _: None)
    target = ObjectRef(ObjectType("user"), None, Name("ann"))
    operation = Operation(new_operation_id(), CallerName("hr"), ConnectorName("staff"), target, Delete())
    [entry] = await journal.accept([Draft(operation)], lambda _: None)
    assert isinstance(entry, Entry)
    await journal.intend([entry])
    for state in {State.UNCERTAIN: [State.UNCERTAIN], State.CONFIRMING: [State.UNCERTAIN, State.CONFIRMING]}.get(
        at_work, []
    ):
        await journal.record([Transition(entry, state, Conclusion())])
    with pytest.raises(StepRefusedError, match="show ID --wait"):
        await journal.step(Step(operation.caller, operation.id, State.WAITING, CallerName("person")), lambda _: None)
    assert (await journal.history.status(operation.caller, operation.id)).state is at_work
    await journal.close()
