"""What follows from an outcome: the next state, and the pause before the next attempt."""

from __future__ import annotations

import pytest

from bridge.engine.retry import (
    LONGEST_RETRY_AFTER,
    MOST_READINGS,
    RetryPolicy,
    decide,
    outlived,
    speaks_of_connector,
)
from bridge.model.identity import Anchor, Name
from bridge.model.lifecycle import State
from bridge.model.operations import Create, Update
from bridge.model.outcomes import Applied, Deferred, Failure, Outcome, Rejected, Uncertain, Unchanged
from tests.unit.engine.operations import entry

POLICY = RetryPolicy(first=1.0, longest=60.0, max_age=1000.0)
BUSY = Failure("not_ready", "not yet")
GONE = Failure("unknown_object", "there is none")
DOWN = Failure("connection_failed", "nobody answers")
TAKEN = Failure("already_exists", "the name is taken")


def pause(outcome: Outcome, attempts: int = 1) -> float:
    found = decide(entry(attempts=attempts), outcome, POLICY, 100.0, doubted=False)
    assert found.state is State.WAITING
    assert found.not_before is not None
    return found.not_before - 100.0


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Applied(Anchor("a"), Name("n")), State.SUCCEEDED),
        (Unchanged(), State.SUCCEEDED),
        (Rejected(TAKEN), State.REJECTED),
        (Uncertain(DOWN), State.UNCERTAIN),
        (Deferred(BUSY), State.WAITING),
    ],
)
def test_each_outcome_has_its_state(outcome: Outcome, state: State) -> None:
    assert decide(entry(body=Create({}), attempts=1), outcome, POLICY, 100.0, doubted=False).state is state


def test_a_delete_of_what_is_not_there_has_succeeded() -> None:
    found = decide(entry(attempts=1), Rejected(GONE), POLICY, 100.0, doubted=False)
    assert found.state is State.SUCCEEDED
    assert found.conclusion.unchanged


@pytest.mark.parametrize("code", ["already_exists", "precondition"])
def test_what_stands_in_the_way_after_doubt_may_be_our_own(code: str) -> None:
    failure = Failure(code, "in the way")
    again = decide(entry(body=Create({}), attempts=2), Rejected(failure), POLICY, 100.0, doubted=True)
    assert again.state is State.UNCERTAIN


@pytest.mark.parametrize(("code", "attempts"), [("already_exists", 2), ("precondition", MOST_READINGS)])
def test_a_refusal_that_is_not_for_our_own_write_stands_after_doubt_too(code: str, attempts: int) -> None:
    failure = Failure(code, "in the way")
    again = decide(entry(body=Update(()), attempts=attempts), Rejected(failure), POLICY, 100.0, doubted=True)
    assert again.state is State.REJECTED


def test_pauses_grow_to_the_longest_with_jitter() -> None:
    for attempts, most in ((1, 1.0), (2, 5.0), (3, 25.0), (4, 60.0), (50, 60.0)):
        assert all(most / 2 <= pause(Deferred(BUSY), attempts) <= most for _ in range(20))


def test_a_pause_that_the_target_asks_for_is_kept_within_reason() -> None:
    for asked, kept in ((7.0, 7.0), (-1.0, 0.0), (1e9, LONGEST_RETRY_AFTER)):
        assert pause(Deferred(Failure("throttled", "later", retry_after=asked))) == kept


def test_what_the_breaker_spaces_has_no_pause_of_its_own() -> None:
    assert pause(Deferred(DOWN)) == 0.0


def test_only_failures_of_the_connector_move_the_breaker() -> None:
    assert speaks_of_connector(Deferred(DOWN)) == DOWN
    assert speaks_of_connector(Uncertain(DOWN)) == DOWN
    assert speaks_of_connector(Deferred(BUSY)) is None
    assert speaks_of_connector(Rejected(TAKEN)) is None


@pytest.mark.parametrize(("now", "old"), [(1000.0, False), (1001.0, True), (-86_400.0, False)])
def test_age_is_counted_from_acceptance_and_a_clock_set_back_ages_nothing(now: float, old: bool) -> None:  # noqa: FBT001 - a case
    assert outlived(entry(accepted_at=0.0), POLICY, now) is old
