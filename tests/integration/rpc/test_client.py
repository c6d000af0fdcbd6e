"""The client and the ingress speak to each other: every call, in the words of the model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.client import Accepted, BridgeClient, ListOrder, Paused, Settled, new_operation
from bridge.model import (
    Create,
    Health,
    InvalidValueError,
    Name,
    ObjectRef,
    ObjectType,
    OperationReusedError,
    PermissionDeniedError,
    Rename,
    SettleNumber,
    State,
    StepRefusedError,
    UnavailableError,
    UnknownObjectError,
    UnknownOperationError,
    Verb,
    new_operation_id,
)
from bridge.model.filters import Compare, Comparison
from bridge.model.identity import ConnectorName
from bridge.model.lifecycle import FINAL
from tests.integration.rpc.bridge import ME, PAYROLL, PEOPLE, RunningBridge, create

USER = ObjectType("user")


def test_submit_answers_when_the_operation_is_accepted(bridge: RunningBridge, client: BridgeClient):
    bridge.cut_off()
    operation = create()
    status = client.submit(operation)
    assert (status.id, status.state, status.caller) == (operation.id, State.ACCEPTED, ME.name)
    assert bridge.accepted() == [operation.id]


def test_submit_with_wait_answers_the_final_state(client: BridgeClient):
    status = client.submit(create(), wait=True)
    assert status.state is State.SUCCEEDED
    assert status.settle_number == 1


def test_submit_with_wait_answers_the_present_state_when_the_deadline_is_near(
    bridge: RunningBridge, client: BridgeClient
):
    bridge.cut_off()
    assert client.submit(create(), wait=True, timeout=1.2).state not in FINAL


def test_get_waits_for_the_final_state(bridge: RunningBridge, client: BridgeClient):
    bridge.cut_off()
    operation = create()
    client.submit(operation)
    bridge.let_in()
    assert client.get(operation.id, wait=True).state is State.SUCCEEDED


def test_an_operation_that_fails_at_the_target_is_a_result_not_an_error(client: BridgeClient):
    client.submit(create(), wait=True)
    status = client.submit(create(), wait=True)
    assert status.state is State.REJECTED
    assert status.failure is not None
    assert status.failure.code == "already_exists"


def test_errors_come_back_as_the_classes_of_the_model(client: BridgeClient):
    with pytest.raises(UnknownOperationError, match=r"no operation|knows no|unknown"):
        client.get(new_operation_id())
    with pytest.raises(PermissionDeniedError, match="may not use"):
        client.submit(create(connector=PAYROLL))
    with pytest.raises(UnknownObjectError):
        client.read(PEOPLE, ObjectRef(USER, name=Name("nobody")))
    with pytest.raises(InvalidValueError, match=r"operation\.connector is empty"):
        client.submit(create(connector=ConnectorName("")))


def test_an_operation_that_no_message_has_room_for_is_refused_whichever_way_it_is_sent(client: BridgeClient):
    target = ObjectRef(USER, name=Name("ada"))
    too_long = new_operation("people", target, Create({"display_name": ("x" * 4 * 1024 * 1024,)}), operation_id="long")
    with pytest.raises(InvalidValueError, match=r"operation long has \d+ bytes, more than the \d+ that fit"):
        client.submit(too_long)
    with pytest.raises(InvalidValueError, match="operation long has"):
        list(client.stream([too_long]))


def test_an_operation_needs_no_caller_and_gets_an_id(client: BridgeClient):
    made = new_operation("people", ObjectRef(USER, name=Name("ada")), Create({"mail": ("ada@example.org",)}))
    status = client.submit(made, wait=True)
    assert (status.id, status.caller, status.state) == (made.id, ME.name, State.SUCCEEDED)
    named = new_operation("people", made.target, Rename(Name("eve")), operation_id="mine")
    assert client.submit(named).id == "mine"


def test_a_bridge_that_is_not_reached_is_named_with_the_reason(tmp_path: Path):
    with BridgeClient(f"unix://{tmp_path}/none") as client, pytest.raises(UnavailableError) as error:
        client.connectors()
    assert error.value.message == (
        f"the bridge at unix://{tmp_path}/none is not reached: No such file or directory; start it, or give its address"
    )


@contextmanager
def without_rights(directory: Path) -> Iterator[None]:
    """Nobody may enter the directory, not even root."""
    user, mode = os.geteuid(), directory.stat().st_mode
    directory.chmod(0)
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(user)
        directory.chmod(mode)


def test_who_may_not_open_the_socket_is_told_how_to_get_the_right(private: Path):
    target = f"unix://{private}/socket"
    with BridgeClient(target) as client, without_rights(private), pytest.raises(UnavailableError) as error:
        client.connectors()
    assert error.value.message == (
        f"the bridge at {target} is not reached: Permission denied; you may not open the socket: become a member of its"
        " group, or use the bridge's own user"
    )


def test_a_stream_says_at_once_that_the_bridge_is_not_reached(bridge: RunningBridge, client: BridgeClient):
    bridge.stop()
    events = client.stream([create()])
    paused = next(events)
    assert isinstance(paused, Paused)
    assert bridge.target in paused.error.message
    assert 0 < paused.seconds <= 60
    bridge.start()
    assert [type(each) for each in events] == [Accepted, Settled]


def test_list_pages_through_everything_in_the_order_of_acceptance(client: BridgeClient):
    operations = [create(f"u{number}") for number in range(25)]
    for operation in operations:
        client.submit(operation, wait=True)
    assert [each.id for each in client.list(page_size=10)] == [each.id for each in operations]
    newest = client.list(order=ListOrder.NEWEST, page_size=10)
    assert [each.id for each in newest] == [each.id for each in reversed(operations)]
    assert list(client.list(states=[State.PARKED])) == []


def test_steps_reach_the_engine(bridge: RunningBridge, client: BridgeClient):
    bridge.cut_off()
    client.submit(create("ada"))
    behind = create("ada")
    client.submit(behind)
    with pytest.raises(StepRefusedError):
        client.release(behind.id, caller=ME.name)
    assert client.cancel(behind.id).state is State.CANCELLED
    with pytest.raises(StepRefusedError):
        client.retry(behind.id)


def test_reads_give_objects_as_the_model_has_them(client: BridgeClient):
    for number in range(7):
        client.submit(create(f"u{number}"), wait=True)
    found = client.read(PEOPLE, ObjectRef(USER, name=Name("u3")))
    assert found.attributes == {"mail": ("u3@example.org",), "enabled": (True,)}
    where = Compare("mail", Comparison.STARTS_WITH, "u4")
    assert [each.name for each in client.search(PEOPLE, USER, where)] == ["u4"]
    assert len(list(client.import_objects(PEOPLE, page_size=2))) == 7


def test_connectors_are_told_of(client: BridgeClient):
    (connector,) = client.connectors()
    assert (connector.name, connector.adapter, connector.health) == (PEOPLE, "memory", Health.OK)
    description = client.describe(PEOPLE)
    assert description.capabilities.verbs == frozenset(Verb)
    assert description.schema.object_types[USER].attributes["mail"].multi_valued
    assert client.test(PEOPLE).ok


def test_fault_24_an_id_used_again_with_other_content_is_refused(client: BridgeClient):
    operation = create("ada")
    client.submit(operation)
    with pytest.raises(OperationReusedError):
        client.submit(replace(create("eve"), id=operation.id))


def test_fault_23_an_operation_sent_again_gets_the_first_answer(bridge: RunningBridge, client: BridgeClient):
    operation = create()
    answers = {client.submit(operation, wait=True).settle_number for _ in range(50)}
    assert answers == {1}
    assert bridge.accepted() == [operation.id]


def test_fault_26_a_watcher_resumes_after_the_last_settlement_it_saw(bridge: RunningBridge, client: BridgeClient):
    for number in range(5):
        client.submit(create(f"u{number}"), wait=True)
    seen = [each.settle_number for each in client.watch(SettleNumber(2), until_now=True)]
    assert seen == [3, 4, 5]


def test_fault_26_a_watch_goes_on_over_a_restart_and_tells_everything_once(bridge: RunningBridge, client: BridgeClient):
    client.submit(create("u0"), wait=True)
    watching = client.watch()
    assert next(watching).settle_number == 1
    bridge.restart()
    with BridgeClient(bridge.target) as other:
        other.submit(create("u1"), wait=True)
        assert next(watching).settle_number == 2
        other.submit(create("u2"), wait=True)
        assert next(watching).settle_number == 3
    watching.close()
