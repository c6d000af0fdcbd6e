"""The breaker and the waits go by monotonic time alone (fault 11): what the wall clock does makes nothing due."""

from __future__ import annotations

import pytest

from bridge.engine.waits import Waits
from bridge.host.health import FIRST_PAUSE, UNLIMITED, Breaker
from bridge.model.outcomes import Failure
from bridge.model.status import Health
from tests.unit.engine.operations import ALICE, ALICE_THERE, CONNECTOR

DOWN = Failure("connection_failed", "nobody answers")
REFUSED = Failure("bad_credentials", "the account is refused")
JUMPS = (0.0, 3600.0, -3600.0, 86_400.0, -86_400.0)


@pytest.mark.parametrize("wall", JUMPS)
def test_fault_11_no_jump_of_the_clock_opens_or_closes_the_breaker(wall: float) -> None:
    breaker = Breaker(3, 60.0)
    for _ in range(3):
        assert breaker.allowance(0, 10.0) == UNLIMITED
        breaker.failed(DOWN, 10.0, wall)
    assert breaker.health is Health.OPEN
    assert breaker.allowance(0, 10.0 + FIRST_PAUSE - 0.01) == 0
    assert breaker.allowance(0, 10.0 + FIRST_PAUSE) == 1
    assert breaker.allowance(1, 10.0 + FIRST_PAUSE) == 0


def test_pauses_between_canaries_double_to_the_longest() -> None:
    breaker = Breaker(1, 5.0)
    breaker.failed(DOWN, 0.0, 0.0)
    pauses = []
    for _ in range(5):
        now = breaker.opens_at() or 0.0
        breaker.failed(DOWN, now, 0.0)
        pauses.append((breaker.opens_at() or 0.0) - now)
    assert pauses == [2.0, 4.0, 5.0, 5.0, 5.0]


def test_a_canary_that_comes_through_lets_ever_more_fly() -> None:
    breaker = Breaker(1, 5.0)
    breaker.failed(DOWN, 0.0, 0.0)
    breaker.succeeded(0.0)
    allowed = []
    for _ in range(4):
        allowed.append(breaker.allowance(0, 0.0))
        breaker.succeeded(0.0)
    assert allowed == [1, 2, 4, 8]


def test_fault_49_two_refusals_of_our_account_hold_the_connector_until_a_test() -> None:
    breaker = Breaker(100, 5.0)
    breaker.refused(REFUSED, 0.0, 0.0)
    assert breaker.allowance(0, FIRST_PAUSE) == 1
    breaker.refused(REFUSED, FIRST_PAUSE, 0.0)
    assert breaker.health is Health.HELD
    assert breaker.allowance(0, 1e9) == 0
    breaker.lift(0.0)
    assert breaker.allowance(0, 0.0) == UNLIMITED


def test_what_rests_is_due_at_its_time_and_once() -> None:
    waits = Waits(CONNECTOR)
    waits.rest(1, 5.0, None)
    waits.rest(2, 3.0, None)
    assert waits.next_time() == 3.0
    assert waits.due(4.9, 10) == [2]
    assert waits.due(5.0, 10) == [1]
    assert waits.due(1e9, 10) == []
    assert waits.next_time() is None


def test_what_waits_for_an_object_is_woken_when_it_is_there_by_any_of_its_names() -> None:
    waits = Waits(CONNECTOR)
    waits.rest(1, 1000.0, ALICE)
    waits.rest(2, 1000.0, None)
    waits.arrived(ALICE_THERE, 1.0)
    assert waits.due(1.0, 10) == [1]


def test_what_is_forgotten_is_never_due() -> None:
    waits = Waits(CONNECTOR)
    waits.rest(1, 1.0, ALICE)
    waits.forget(1)
    waits.wake(1, 0.0)
    waits.arrived(ALICE_THERE, 0.0)
    assert waits.due(2.0, 10) == []


def test_no_more_are_due_than_asked_for() -> None:
    waits = Waits(CONNECTOR)
    for sequence in range(5):
        waits.rest(sequence, 1.0, None)
    assert len(waits.due(1.0, 3)) == 3
    assert len(waits.due(1.0, 3)) == 2
