"""A target that is down: what is known is accepted and waits; what hangs is confirmed when it can no longer write."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from bridge.config.settings import ConnectorSettings
from bridge.journal import Step
from bridge.model import (
    CallerName,
    ConnectorName,
    Create,
    Delete,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    State,
    StepRefusedError,
    UnavailableError,
    new_operation_id,
)
from bridge.sdk.spec import AdapterSpec
from bridge.sdk.testing import hostile
from bridge.sdk.testing.hostile import Fault
from bridge.sdk.testing.memory import ADAPTER, forget_store, named_store
from tests.support.running import ME, Running, connector_settings, running
from tests.support.waiting import wait_until

USER = ObjectType("user")


def create(name: str) -> Operation:
    target = ObjectRef(USER, None, Name(name))
    return Operation(new_operation_id(), ME, "staff", target, Create({"display_name": (name,)}))  # type: ignore[arg-type]


def staff(store: str) -> dict[str, tuple[AdapterSpec, ConnectorSettings]]:
    settings = connector_settings(
        ADAPTER, {"store": store}, retry_first_seconds=0.01, breaker_failures=1, canary_seconds=0.05
    )
    return {"staff": (ADAPTER, settings)}


async def test_a_start_while_the_target_is_down_accepts_by_the_last_schema_it_told(tmp_path: Path):
    async with running(tmp_path, staff("down")) as bridge:
        await bridge.settle(create("ann"))
    named_store("down").reachable = False
    async with running(tmp_path, staff("down")) as bridge:
        waiting = create("bob")
        await bridge.submit(waiting)
        named_store("down").reachable = True
        assert (await bridge.engine.wait(bridge.caller, waiting.id)).state is State.SUCCEEDED
    forget_store("down")


async def test_a_target_that_never_told_its_schema_is_sent_nothing(tmp_path: Path):
    async with running(tmp_path, staff("never")) as bridge:
        named = bridge.catalog.granted(bridge.caller, bridge.catalog.visible(bridge.caller)[0].name)
        # It is opened at the start, and that reads the schema: not in between what follows.
        await asyncio.to_thread(wait_until, (tmp_path / "staff.json").exists, "schema that was read at the start")
        await named.schema()
        named_store("never").reachable = False
        named.forget_schema()
        (tmp_path / "staff.json").unlink()
        with pytest.raises(UnavailableError, match="not accepted"):
            await bridge.submit(create("ann"))
    forget_store("never")


async def test_a_batch_that_overruns_its_deadline_is_confirmed_when_its_thread_has_ended(tmp_path: Path):
    settings = connector_settings(
        hostile.ADAPTER,
        {"store": "hangs", "seed": 3, "faults": {Fault.HANGS: 0.15}, "hang_seconds": 0.3, "history": "kept"},
        deadline_seconds=0.2,
        settle_seconds=0.0,
        batch_size=16,
        retry_first_seconds=0.01,
    )
    operations = [create(f"user {number}") for number in range(48)]
    async with running(tmp_path, {"staff": (hostile.ADAPTER, settings)}) as bridge:
        results = await bridge.settle(*operations, seconds=60)
    assert {each.state for each in results} == {State.SUCCEEDED}
    applied = [row.operation for row in named_store("hangs").history() if row.effect == "applied"]
    assert sorted(applied) == sorted(each.id for each in operations)
    forget_store("hangs")


async def test_what_was_parked_for_its_age_is_sent_when_a_person_retries_it(tmp_path: Path):
    async with running(tmp_path, staff("aged")) as bridge:
        await bridge.settle(create("ann"))
        named_store("aged").reachable = False
        old = create("bob")
        await bridge.submit(old)
        await park(bridge, old)
        named_store("aged").reachable = True
        assert (await bridge.engine.retry(bridge.caller, ME, old.id)).state is State.WAITING
        assert (await bridge.engine.wait(bridge.caller, old.id)).state is State.SUCCEEDED
    forget_store("aged")


async def park(bridge: Running, operation: Operation) -> None:
    """As the dispatcher does with what is too old, as soon as it waits."""
    step = Step(ME, operation.id, State.PARKED, CallerName("bridge"))
    async with asyncio.timeout(20):
        while (await bridge.engine.status(bridge.caller, operation.id)).state is not State.PARKED:
            with contextlib.suppress(StepRefusedError):
                await bridge.journal.step(step, lambda _: None)


async def test_a_target_that_hangs_is_asked_once_for_all_the_names_of_a_submit(tmp_path: Path):
    settings = connector_settings(
        hostile.ADAPTER,
        {"store": "mute", "faults": {Fault.HANGS: 1.0}, "hang_seconds": 0.3},
        deadline_seconds=0.2,
    )
    unseen = [
        Operation(
            new_operation_id(), ME, ConnectorName("staff"), ObjectRef(USER, None, Name(f"user {number}")), Delete()
        )
        for number in range(100)
    ]
    async with running(tmp_path, {"staff": (hostile.ADAPTER, settings)}) as bridge, asyncio.timeout(10):
        answers = await bridge.engine.submit(bridge.caller, unseen)
    forget_store("mute")
    assert all(isinstance(each, UnavailableError) for each in answers)
