"""Many memberships of one group: few calls, and still each operation has its own effect and its own result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.model import (
    AttributeDelta,
    Caller,
    CallerName,
    Create,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    OperationId,
    State,
    StepRefusedError,
    Update,
    new_operation_id,
)
from bridge.model.capabilities import Replay
from bridge.sdk.testing import hostile, memory
from bridge.sdk.testing.hostile import Fault
from bridge.sdk.testing.memory import forget_store, named_store
from tests.support.running import ME, Running, connector_settings, running

STORE = "joined"
USER, GROUP = ObjectType("user"), ObjectType("group")
STAFF = ObjectRef(GROUP, None, Name("staff"))


@pytest.fixture(autouse=True)
def store() -> Iterator[None]:
    yield
    forget_store(STORE)


@asynccontextmanager
async def joining(directory: Path, settle_seconds: float = 0.0, **options: object) -> AsyncIterator[Running]:
    spec = hostile.ADAPTER if "faults" in options else memory.ADAPTER
    settings = connector_settings(
        spec,
        {"store": STORE, "history": "kept", "joined_changes": 1000, "replay": Replay.PROBE, **options},
        workers=3,
        settle_seconds=settle_seconds,
        retry_first_seconds=0.01,
        canary_seconds=0.1,
        breaker_failures=1000,
    )
    async with running(directory, {"staff": (spec, settings)}) as bridge:
        yield bridge


def asked(target: ObjectRef, body: Create | Update) -> Operation:
    return Operation(new_operation_id(), ME, "staff", target, body)  # type: ignore[arg-type]


def person(number: int) -> ObjectRef:
    return ObjectRef(USER, None, Name(f"user {number}"))


def membership(number: int, kind: DeltaKind = DeltaKind.ADD) -> Operation:
    return asked(STAFF, Update((AttributeDelta("member", kind, (person(number),)),)))


def members() -> set[str]:
    held = named_store(STORE)
    (group,) = held.read(held.anchors(GROUP))
    return {str(each.name) for each in group.attributes.get("member", ()) if isinstance(each, ObjectRef)}


def calls(group_only: str = "group") -> int:
    return sum(row.verb == "update" and row.object_type == group_only for row in named_store(STORE).history())


async def there(bridge: Running, count: int) -> None:
    """The group and its people to be."""
    await bridge.settle(asked(STAFF, Create({})), *(asked(person(each), Create({})) for each in range(count)))


async def test_a_thousand_members_come_in_a_few_calls_with_a_result_each(tmp_path: Path):
    async with joining(tmp_path) as bridge:
        await there(bridge, 1000)
        results = await bridge.settle(*(membership(each) for each in range(1000)))
    assert [each.state for each in results] == [State.SUCCEEDED] * 1000
    assert len({each.settle_number for each in results}) == 1000
    assert members() == {f"user {each}" for each in range(1000)}
    assert calls() < 20


async def test_one_that_is_refused_or_not_ready_gets_the_answer_that_is_its_own(tmp_path: Path):
    async with joining(tmp_path) as bridge:
        await there(bridge, 20)
        bad = asked(STAFF, Update((AttributeDelta("member", DeltaKind.ADD, (STAFF, person(3))),)))
        early = membership(77)
        operations = [*(membership(each) for each in range(10)), early, *(membership(each) for each in range(10, 20))]
        await bridge.submit(*operations)
        async with asyncio.timeout(20):
            while (await bridge.engine.status(bridge.caller, early.id)).attempts < 2:
                pass
            (there_now,) = await bridge.settle(asked(person(77), Create({})))
            results = [await bridge.engine.wait(bridge.caller, each.id) for each in operations]
        (own,) = await bridge.settle(bad)
    assert there_now.state is State.SUCCEEDED
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert own.state is State.SUCCEEDED
    assert members() == {f"user {each}" for each in (*range(20), 77)} | {"staff"}
    numbers = [each.settle_number or 0 for each in results]
    assert numbers == sorted(numbers), "one lane settles in its order"


async def test_added_and_removed_in_turn_the_last_word_holds(tmp_path: Path):
    async with joining(tmp_path) as bridge:
        await there(bridge, 10)
        turns = [DeltaKind.ADD, DeltaKind.REMOVE, DeltaKind.ADD, DeltaKind.REMOVE]
        results = await bridge.settle(*(membership(each, kind) for kind in turns for each in range(10)), membership(5))
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert members() == {"user 5"}


@pytest.mark.parametrize("seed", range(3))
async def test_a_target_that_misbehaves_loses_and_doubles_none(tmp_path: Path, seed: int):
    faults = {Fault.LOSES_REPLY: 0.2, Fault.BREAKS: 0.2, Fault.THROTTLES: 0.1}
    async with joining(tmp_path, seed=seed, faults=faults) as bridge:
        await there(bridge, 60)
        wanted = [membership(each) for each in range(60)] + [membership(each, DeltaKind.REMOVE) for each in range(20)]
        results = await bridge.settle(*wanted)
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert members() == {f"user {each}" for each in range(20, 60)}


async def test_what_waits_behind_in_a_call_can_be_cancelled_and_the_rest_goes_on(tmp_path: Path):
    async with joining(tmp_path) as bridge:
        await there(bridge, 30)
        held = named_store(STORE)
        held.reachable = False
        operations = [membership(each) for each in range(30)]
        await bridge.submit(*operations)
        async with asyncio.timeout(20):
            while (await bridge.engine.status(bridge.caller, operations[-1].id)).attempts == 0:
                pass
            for each in (operations[0], operations[7], operations[29]):
                await at_rest(bridge.engine.cancel, bridge, each)
            await at_rest(bridge.engine.retry, bridge, operations[8])
            held.reachable = True
            results = [await bridge.engine.wait(bridge.caller, each.id) for each in operations]
    states = {number: each.state for number, each in enumerate(results)}
    assert {number for number, state in states.items() if state is State.CANCELLED} == {0, 7, 29}
    assert members() == {f"user {each}" for each in range(30)} - {"user 0", "user 7", "user 29"}
    numbers = [each.settle_number or 0 for each in results if each.state is State.SUCCEEDED]
    assert numbers == sorted(numbers)


async def at_rest(
    step: Callable[[Caller, CallerName, OperationId], Awaitable[object]], bridge: Running, operation: Operation
) -> None:
    """It may be under way at the moment; then its turn comes to rest again."""
    while True:
        try:
            await step(bridge.caller, ME, operation.id)
        except StepRefusedError:
            continue
        return


async def test_a_restart_takes_up_those_that_went_together(tmp_path: Path):
    operations = [membership(each) for each in range(40)]
    async with joining(tmp_path) as bridge:
        await there(bridge, 40)
        named_store(STORE).reachable = False
        await bridge.submit(*operations)
        async with asyncio.timeout(20):
            while (await bridge.engine.status(bridge.caller, operations[-1].id)).attempts == 0:
                pass
    named_store(STORE).reachable = True
    async with joining(tmp_path) as bridge, asyncio.timeout(20):
        results = [await bridge.engine.wait(bridge.caller, each.id) for each in operations]
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert members() == {f"user {each}" for each in range(40)}
    numbers = [each.settle_number or 0 for each in results]
    assert numbers == sorted(numbers)


async def test_those_that_are_in_doubt_together_wait_once_until_they_are_read_back(tmp_path: Path):
    operations = [membership(each) for each in range(40)]
    async with joining(tmp_path, settle_seconds=1.0, seed=1, faults={Fault.LOSES_REPLY: 1.0}) as bridge:
        await there(bridge, 40)
        results = await bridge.settle(*operations)
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert calls() == 1
