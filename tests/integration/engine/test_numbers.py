"""Numbers for new objects: each is given once, whatever happens, and the answer of the create tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.journal import maintenance
from bridge.model import (
    ConnectorName,
    Create,
    Delete,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    OperationStatus,
    State,
    new_operation_id,
)
from bridge.model.status import Health
from bridge.sdk.testing import hostile, memory
from bridge.sdk.testing.hostile import Fault
from bridge.sdk.testing.memory import forget_store, named_store
from tests.support.log_lines import logged
from tests.support.running import ME, Running, connector_settings, running

USER = ObjectType("user")
NUMBER = "employee_number"
STORE = "numbered"


@pytest.fixture(autouse=True)
def store() -> Iterator[None]:
    yield
    forget_store(STORE)


@asynccontextmanager
async def numbered(
    directory: Path,
    first: int = 1000,
    last: int = 9999,
    breaker_failures: int = 1000,
    canary_seconds: float = 0.1,
    **hostility: object,
) -> AsyncIterator[Running]:
    """A bridge that numbers the users of one store, with several workers."""
    spec = hostile.ADAPTER if hostility else memory.ADAPTER
    sequence = {"attribute": NUMBER, "object_types": ("user",), "first": first, "last": last}
    settings = connector_settings(
        spec,
        {"store": STORE, **hostility},
        workers=4,
        batch_size=7,
        settle_seconds=0.0,
        retry_first_seconds=0.01,
        canary_seconds=canary_seconds,
        breaker_failures=breaker_failures,
        numbers=(sequence,),
    )
    async with running(directory, {"staff": (spec, settings)}) as bridge:
        yield bridge


def create(name: str, number: int | None = None) -> Operation:
    attributes = {"display_name": (name,), "pin": ("1234",)} | ({NUMBER: (number,)} if number is not None else {})
    target = ObjectRef(USER, None, Name(name))
    return Operation(new_operation_id(), ME, "staff", target, Create(attributes))  # type: ignore[arg-type]


def delete(name: str) -> Operation:
    return Operation(new_operation_id(), ME, "staff", ObjectRef(USER, None, Name(name)), Delete())  # type: ignore[arg-type]


def told(statuses: list[OperationStatus]) -> list[int]:
    return [each.assigned[NUMBER][0] for each in statuses]  # type: ignore[misc]  # integers, as given


def at_target() -> dict[str, int]:
    store = named_store(STORE)
    return {each.name: each.attributes[NUMBER][0] for each in store.read(store.anchors(USER))}  # type: ignore[misc]


async def test_many_creates_at_once_get_a_number_each_and_are_told_it(tmp_path: Path):
    async with numbered(tmp_path) as bridge:
        results = await bridge.settle(*(create(f"user {each}") for each in range(300)))
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert sorted(told(list(results))) == list(range(1000, 1300))
    assert at_target() == {str(each.target.name): each.assigned[NUMBER][0] for each in results}


async def test_an_audit_of_the_journal_finds_nothing_altered_by_numbers(tmp_path: Path):
    async with numbered(tmp_path) as bridge:
        await bridge.settle(create("ada"))
    found = maintenance.check(tmp_path / "journal")
    assert (found.operations, found.problems) == (1, ())


async def test_a_number_that_the_caller_gives_is_kept_and_one_at_the_target_is_not_given_again(tmp_path: Path):
    async with numbered(tmp_path) as bridge:
        (own,) = await bridge.settle(create("own", 1001))
        assert own.assigned == {}
        results = await bridge.settle(*(create(f"user {each}") for each in range(3)))
    assert sorted(told(list(results))) == [1000, 1002, 1003]


async def test_a_stretch_of_numbers_that_others_gave_is_passed_over(tmp_path: Path):
    async with numbered(tmp_path) as bridge:
        await bridge.settle(*(create(f"other {each}", each) for each in range(1000, 1400)))
        (result,) = await bridge.settle(create("ada"))
    assert told([result]) == [1400]


async def test_no_number_is_given_again_after_a_delete_a_failure_or_a_restart(tmp_path: Path):
    async with numbered(tmp_path) as bridge:
        (first,) = await bridge.settle(create("ada"))
        await bridge.settle(delete("ada"))
        taken = await bridge.settle(create("eve"), create("eve"))
        assert sorted(each.state for each in taken) == [State.REJECTED, State.SUCCEEDED]
    async with numbered(tmp_path) as bridge:
        (last,) = await bridge.settle(create("zoe"))
        again = await bridge.engine.status(bridge.caller, first.id)
    assert told([first, *taken, last]) == [1000, 1001, 1002, 1003]
    assert again.assigned == first.assigned


async def test_a_restart_loses_none_of_those_that_were_looked_for_and_not_given(tmp_path: Path):
    async with numbered(tmp_path, last=1010) as bridge:
        await bridge.settle(create("other", 1000))
        first = await bridge.settle(create("ada"), create("eve"))
    async with numbered(tmp_path, last=1010) as bridge:
        (last,) = await bridge.settle(create("zoe"))
    assert sorted(told(list(first))) == [1001, 1002]
    assert told([last]) == [1003]


async def test_a_create_waits_for_a_target_that_cannot_be_asked(tmp_path: Path):
    async with numbered(tmp_path) as bridge:
        await bridge.settle(create("first"))
        named_store(STORE).reachable = False
        operation = create("later")
        await bridge.submit(operation)
        async with asyncio.timeout(20):
            while (await bridge.engine.status(bridge.caller, operation.id)).attempts == 0:
                pass
        named_store(STORE).reachable = True
        result = await bridge.engine.wait(bridge.caller, operation.id)
    assert (result.state, told([result])) == (State.SUCCEEDED, [1001])


async def test_an_exhausted_sequence_rejects_with_the_option_to_raise(tmp_path: Path):
    async with numbered(tmp_path, last=1001) as bridge:
        results = await bridge.settle(*(create(f"user {each}") for each in range(3)))
    assert sorted(each.state for each in results) == [State.REJECTED, State.SUCCEEDED, State.SUCCEEDED]
    (failure,) = (each.failure for each in results if each.failure)
    assert failure.attributes == (NUMBER,)
    assert "no number from 1000 to 1001 is left" in failure.message
    assert "raise connectors.staff.numbers: last" in failure.message


async def test_a_create_in_doubt_keeps_its_number(tmp_path: Path):
    faults = {Fault.LOSES_REPLY: 0.3, Fault.BREAKS: 0.2}
    async with numbered(tmp_path, seed=7, faults=faults) as bridge:
        results = await bridge.settle(*(create(f"user {each}") for each in range(60)))
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert len(set(told(list(results)))) == len(results)
    assert at_target() == {str(each.target.name): each.assigned[NUMBER][0] for each in results}


async def test_a_create_that_gets_no_number_tells_nothing_of_the_target(tmp_path: Path):
    async with numbered(tmp_path, last=1000, breaker_failures=1, canary_seconds=60.0) as bridge:
        await bridge.settle(create("last"))
        named_store(STORE).reachable = False
        failing, exhausted = create("eve", 5), create("zoe")
        await bridge.submit(failing)
        async with asyncio.timeout(20):
            while (await bridge.engine.status(bridge.caller, failing.id)).state is not State.WAITING:
                pass
            await bridge.engine.cancel(bridge.caller, ME, failing.id)
            (result,) = await bridge.settle(exhausted)
        assert (result.state, await health(bridge)) == (State.REJECTED, Health.OPEN)


async def health(bridge: Running) -> Health:
    (found,) = await bridge.engine.connectors(bridge.caller)
    return found.health


async def test_what_the_target_does_not_have_is_told_in_the_log_and_by_a_test(tmp_path: Path):
    sequences = (
        {"attribute": "uidNumbr", "object_types": ("user", "usr"), "first": 1, "last": 9, "also": ("gidNumbr",)},
        {"attribute": NUMBER, "object_types": ("user",), "first": 1, "last": 9},
    )
    settings = connector_settings(memory.ADAPTER, {"store": STORE}, numbers=sequences)
    with logged() as lines:
        async with running(tmp_path, {"staff": (memory.ADAPTER, settings)}) as bridge:
            async with asyncio.timeout(20):
                while not lines("numbers_misfit"):  # noqa: ASYNC110 - a line of the log is no event
                    await asyncio.sleep(0.01)
            report = await bridge.engine.test(bridge.caller, ConnectorName("staff"))
    wrong = [
        "connectors.staff.numbers[0].attribute: object type user has no attribute 'uidNumbr'; give one that it has",
        "connectors.staff.numbers[0].also: object type user has no attribute 'gidNumbr'; give one that it has",
        "connectors.staff.numbers[0].object_types: there is no object type 'usr'; there are group, user",
    ]
    assert (report.ok, list(report.checks[-3:])) == (False, wrong)
    assert [each["reason"] for each in lines("numbers_misfit")] == wrong
