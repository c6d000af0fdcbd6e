"""Whatever a target does, each operation has one effect, in its object's order, and one result."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bridge.config.settings import ConnectorSettings
from bridge.model import (
    AttributeDelta,
    Body,
    Create,
    Delete,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    OperationStatus,
    Rename,
    State,
    Update,
    Value,
    Values,
    new_operation_id,
)
from bridge.model.capabilities import Replay
from bridge.sdk.spec import AdapterSpec
from bridge.sdk.testing.hostile import ADAPTER, Fault
from bridge.sdk.testing.memory import forget_store, named_store
from tests.support.running import ME, Running, connector_settings, running

USER = ObjectType("user")
FAULTS = {
    Fault.LOSES_REPLY: 0.1,
    Fault.BREAKS: 0.1,
    Fault.THROTTLES: 0.1,
    Fault.RAISES: 0.02,
    Fault.MISSING_OUTCOME: 0.1,
    Fault.WRONG_TYPE: 0.1,
    Fault.REORDERS: 0.2,
    Fault.UNKNOWN_ID: 0.2,
}


def operation(name: str, body: Body) -> Operation:
    return Operation(new_operation_id(), ME, "staff", ObjectRef(USER, None, Name(name)), body)


def replace(attribute: str, *values: Value) -> Update:
    return Update((AttributeDelta(attribute, DeltaKind.REPLACE, values),))


def history(randomness: random.Random, number: int) -> tuple[list[Operation], str, dict[str, object] | None]:
    """Operations on one object, its last name, and its attributes at the end (None: deleted)."""
    name = f"user {number}"
    steps = [operation(name, Create({"display_name": (name,), "mail": ()}))]
    expected: dict[str, object] = {"display_name": (name,)}
    mails: set[str] = set()
    for step in range(randomness.randint(1, 6)):
        match randomness.choice(["number", "mail", "unmail", "rename"]):
            case "number":
                steps.append(operation(name, replace("employee_number", step)))
                expected["employee_number"] = (step,)
            case "mail":
                mails.add(f"{step}@x.test")
                delta = AttributeDelta("mail", DeltaKind.ADD, (f"{step}@x.test",))
                steps.append(operation(name, Update((delta,))))
            case "unmail" if mails:
                gone = mails.pop()
                steps.append(operation(name, Update((AttributeDelta("mail", DeltaKind.REMOVE, (gone,)),))))
            case "rename":
                steps.append(operation(name, Rename(Name(f"{name}/{step}"))))
                name = f"{name}/{step}"
    if mails:
        expected["mail"] = mails
    if randomness.random() < 0.3:
        steps.append(operation(name, Delete()))
        return steps, name, None
    return steps, name, expected


def hostile(seed: int) -> dict[str, tuple[AdapterSpec, ConnectorSettings]]:
    settings = connector_settings(
        ADAPTER,
        {"seed": seed, "faults": FAULTS, "store": f"hostile-{seed}"},
        workers=2,
        batch_size=16,
        retry_first_seconds=0.01,
        retry_longest_seconds=0.05,
        breaker_failures=1000,
        canary_seconds=0.05,
    )
    return {"staff": (ADAPTER, settings)}


@pytest.mark.parametrize("seed", range(6))
async def test_every_operation_ends_and_every_object_is_as_asked(tmp_path: Path, seed: int):
    randomness = random.Random(seed)
    objects = [history(randomness, number) for number in range(60)]
    async with running(tmp_path, hostile(seed)) as bridge:
        await submit_interleaved(bridge, randomness, [steps for steps, _, _ in objects])
        results = [await bridge.engine.wait(bridge.caller, each.id) for steps, _, _ in objects for each in steps]
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert stored(f"hostile-{seed}") == {name: wanted for _, name, wanted in objects if wanted is not None}
    check_order(results, [steps for steps, _, _ in objects])


@pytest.mark.parametrize("replay", [Replay.CONDITIONAL, Replay.PROBE])
async def test_a_rename_in_doubt_to_a_name_that_is_taken_is_rejected(tmp_path: Path, replay: Replay):
    """The first attempt is lost on the way; what stands in the way of the next is not our own write."""
    settings = connector_settings(
        ADAPTER,
        {"seed": 5, "faults": {Fault.BREAKS: 0.6}, "store": "taken", "replay": replay},
        retry_first_seconds=0.01,
        settle_seconds=0.0,
        canary_seconds=0.05,
    )
    async with running(tmp_path, {"staff": (ADAPTER, settings)}) as bridge:
        await bridge.settle(operation("ann", Create({})), operation("bob", Create({})))
        renames = [operation("ann", Rename(Name("bob"))) for _ in range(5)]
        results = await bridge.settle(*renames)
    forget_store("taken")
    assert {(each.state, each.failure and each.failure.code) for each in results} == {
        (State.REJECTED, "already_exists")
    }


@pytest.mark.parametrize(("replay", "sent"), [(Replay.CONDITIONAL, 1), (Replay.REPEAT, 2)])
async def test_what_has_steps_beyond_its_object_is_sent_again_after_doubt(tmp_path: Path, replay: Replay, sent: int):
    """The rename took effect and its answer was lost; that the object has the new name is not all that was asked."""

    def target(faults: Mapping[Fault, float]) -> dict[str, tuple[AdapterSpec, ConnectorSettings]]:
        config = {"seed": 1, "faults": faults, "store": f"steps-{replay}", "replay": replay}
        return {"staff": (ADAPTER, connector_settings(ADAPTER, config, settle_seconds=0.0, retry_first_seconds=0.01))}

    async with running(tmp_path / "calm", target({})) as bridge:
        [made] = await bridge.settle(operation("ann", Create({})))
    ref = ObjectRef(USER, made.target.anchor)
    renames = [Operation(new_operation_id(), ME, "staff", ref, Rename(Name(f"ann {number}"))) for number in range(8)]
    async with running(tmp_path / "hostile", target({Fault.LOSES_REPLY: 0.4})) as bridge:
        results = await bridge.settle(*renames)
    forget_store(f"steps-{replay}")
    assert {each.state for each in results} == {State.SUCCEEDED}
    assert min(max(each.attempts for each in results), 2) == sent


def stored(store: str) -> dict[str, dict[str, object]]:
    """What the target holds, with multi-valued attributes as sets."""
    held = named_store(store)
    objects = held.read(held.anchors(USER))
    forget_store(store)
    return {each.name: shown(each.attributes) for each in objects}


def shown(attributes: Mapping[str, Values]) -> dict[str, object]:
    return {name: set(values) if name == "mail" else values for name, values in attributes.items() if values}


async def submit_interleaved(bridge: Running, randomness: random.Random, lanes: list[list[Operation]]) -> None:
    """Each object's operations in their order, the objects mixed."""
    queues = [list(steps) for steps in lanes]
    while queues:
        queue = randomness.choice(queues)
        await bridge.submit(queue.pop(0))
        if not queue:
            queues.remove(queue)


def check_order(results: Sequence[OperationStatus], lanes: Sequence[Sequence[Operation]]) -> None:
    numbers = {each.id: each.settle_number or 0 for each in results}
    for steps in lanes:
        in_lane = [numbers[each.id] for each in steps]
        assert in_lane == sorted(in_lane)
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
