"""Operation ids are unique among one caller's only: two callers' operations of one id never get in each other's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.model import Caller, CallerName, Create, Name, ObjectRef, ObjectType, Operation, OperationId, State
from bridge.model.capabilities import Replay
from bridge.sdk.testing.hostile import ADAPTER, Fault
from bridge.sdk.testing.memory import forget_store, named_store
from tests.support.running import ME, connector_settings, running

OTHER = CallerName("other")
USER = ObjectType("user")


def create(caller: CallerName, number: int, name: str) -> Operation:
    target = ObjectRef(USER, None, Name(name))
    return Operation(OperationId(str(number)), caller, "staff", target, Create({"display_name": (name,)}))  # type: ignore[arg-type]


@pytest.mark.parametrize("replay", [Replay.PROBE, Replay.MARKER])
async def test_operations_of_one_id_from_two_callers_have_an_effect_and_a_result_each(tmp_path: Path, replay: Replay):
    settings = connector_settings(
        ADAPTER,
        {"store": "ids", "seed": 1, "faults": {Fault.LOSES_REPLY: 0.3, Fault.BREAKS: 0.2}, "replay": replay},
        settle_seconds=0.0,
        retry_first_seconds=0.01,
        breaker_failures=1000,
    )
    async with running(tmp_path, {"staff": (ADAPTER, settings)}) as bridge:
        other = Caller(OTHER, bridge.caller.connectors)
        mine = [create(ME, number, f"mine {number}") for number in range(40)]
        theirs = [create(OTHER, number, f"theirs {number}") for number in range(40)]
        for one, another in zip(mine, theirs, strict=True):
            await bridge.submit(one)
            await bridge.engine.submit(other, [another])
        for caller, operations in ((bridge.caller, mine), (other, theirs)):
            for each in operations:
                result = await bridge.engine.wait(caller, each.id)
                assert (result.state, result.target.name) == (State.SUCCEEDED, each.target.name)
    store = named_store("ids")
    found = [each.name for each in store.read(store.anchors(USER))]
    forget_store("ids")
    assert sorted(found) == sorted(each.target.name or "" for each in (*mine, *theirs))
