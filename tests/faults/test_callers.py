"""Faults of callers: repeats, reuse, absence and bad input, through the real bridge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.engine.validation import checked
from bridge.model.attributes import AttributeDelta, DeltaKind
from bridge.model.capabilities import Capabilities, Verb
from bridge.model.errors import (
    BridgeError,
    InvalidValueError,
    OperationReusedError,
    UnknownConnectorError,
    UnsupportedError,
)
from bridge.model.identity import ConnectorName, ObjectRef, ObjectType, SettleNumber
from bridge.model.lifecycle import State
from bridge.model.operations import Body, Create, SetPassword, Update
from bridge.model.secrets import Secret
from bridge.sdk.testing.memory import read_history
from bridge.sdk.testing.memory.schema import SCHEMA
from tests.crash.bridge_process import BridgeProcess
from tests.crash.targets.sql import SqliteTarget
from tests.faults.operations import create, operation, user


def test_fault_23_the_same_operation_a_thousand_times_in_parallel_is_one(bridge: BridgeProcess, tmp_path: Path) -> None:
    bridge.start()
    same = create("alice")
    with bridge.client() as client, ThreadPoolExecutor(50) as callers:
        told = list(callers.map(lambda _: client.submit(same), range(1000)))
        assert {(each.id, each.sequence) for each in told} == {(same.id, 1)}
        assert client.get(same.id, wait=True).state is State.SUCCEEDED
        assert len(list(client.list())) == 1
    assert len(read_history(tmp_path / "target.sqlite")) == 1


def test_fault_24_the_same_id_for_another_content_is_refused(bridge: BridgeProcess, tmp_path: Path) -> None:
    bridge.start()
    first = create("alice", pin=Secret("0815"))
    with bridge.client() as client:
        client.submit(first, wait=True)
        for other in (create("bob", id_=first.id), create("alice", id_=first.id, pin=Secret("4711"))):
            with pytest.raises(OperationReusedError, match="make a new id"):
                client.submit(other)
        assert client.submit(create("alice", id_=first.id, pin=Secret("0815"))).state is State.SUCCEEDED
    assert len(read_history(tmp_path / "target.sqlite")) == 1


def test_fault_26_a_watcher_that_was_away_resumes_where_it_was(bridge: BridgeProcess) -> None:
    bridge.start()
    operations = [create(f"user-{number}") for number in range(3000)]
    with bridge.client() as client:
        list(client.stream(operations[:1000]))
        seen = [each for _, each in zip(range(700), client.watch(), strict=False)]
        last = seen[-1].settle_number or SettleNumber(0)
        list(client.stream(operations[1000:2000]))
        bridge.kill()
        bridge.start()
        list(client.stream(operations[2000:]))
        seen += client.watch(last, until_now=True)
    assert [each.settle_number for each in seen] == list(range(1, 3001))
    assert {each.id for each in seen} == {each.id for each in operations}


BAD: list[tuple[ObjectRef, Body, type[BridgeError], str]] = [
    (ObjectRef(ObjectType("robot"), None, user("a").name), Create({}), InvalidValueError, "no object type 'robot'"),
    (user("a"), Create({"shoe_size": (46,)}), InvalidValueError, "no attribute 'shoe_size'"),
    (user("a"), Create({"employee_number": ("46",)}), InvalidValueError, "takes integer values"),
    (user("a"), Create({"employee_number": (True,)}), InvalidValueError, "takes integer values"),
    (user("a"), Create({"surname": ("one", "two")}), InvalidValueError, "takes one value"),
    (user("a"), Create({"given_name": ("x" * 1025,)}), InvalidValueError, "1025 long"),
    (user("x" * 1025), Create({}), InvalidValueError, "1025 characters"),
    (user("a"), Update((AttributeDelta("nothing", DeltaKind.ADD, ("x",)),)), InvalidValueError, "no attribute"),
]


@pytest.mark.parametrize(("target", "body", "error", "text"), BAD)
def test_bad_input_is_refused_with_the_field_and_what_is_allowed(
    bridge: BridgeProcess, target: ObjectRef, body: Body, error: type[BridgeError], text: str
) -> None:
    bridge.start()
    with bridge.client() as client:
        with pytest.raises(error, match=text):
            client.submit(operation(target, body))
        assert list(client.list()) == [], "what is refused was never journaled"


def test_an_unknown_connector_is_refused_with_those_that_there_are(bridge: BridgeProcess) -> None:
    bridge.start()
    with bridge.client() as client, pytest.raises(UnknownConnectorError, match="may use: memory"):
        client.submit(create("alice", connector=ConnectorName("nowhere")))


def test_what_the_target_is_not_configured_for_is_refused(bridge: BridgeProcess) -> None:
    target = dict(SqliteTarget(bridge.directory).connector())
    del target["settings"]["object_types"]["user"]["password"]
    bridge.configure({"memory": target}, {})
    bridge.start()
    with bridge.client() as client:
        client.submit(operation(user("alice"), Create({})), wait=True)
        with pytest.raises(UnsupportedError, match="does not offer set_password"):
            client.submit(operation(user("alice"), SetPassword(Secret("a password of length"))), wait=True)


def test_a_verb_that_the_connector_does_not_offer_is_refused_before_it_is_journaled() -> None:
    offered = Capabilities(frozenset({Verb.GET}), {})
    with pytest.raises(UnsupportedError, match="does not offer create; it offers get"):
        checked(create("alice"), offered, SCHEMA)
