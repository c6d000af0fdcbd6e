"""The states of an operation: the table is whole, and every path through it ends well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.lifecycle import FINAL, TRANSITIONS, IllegalTransitionError, State, check

CHOICES = st.lists(st.integers(min_value=0), max_size=30)


def walk(start: State, choices: list[int]) -> list[State]:
    path = [start]
    for choice in choices:
        following = sorted(TRANSITIONS[path[-1]])
        if not following:
            break
        check("op", path[-1], following[choice % len(following)])
        path.append(following[choice % len(following)])
    return path


def reachable(start: State) -> set[State]:
    found: set[State] = set()
    fresh = {start}
    while fresh:
        found |= fresh
        fresh = {each for state in fresh for each in TRANSITIONS[state]} - found
    return found


def test_the_table_has_every_state() -> None:
    assert set(TRANSITIONS) == set(State)


def test_what_nothing_follows_is_final() -> None:
    assert {State.SUCCEEDED, State.REJECTED, State.CANCELLED} == FINAL


@pytest.mark.parametrize("state", sorted(set(State) - FINAL))
def test_every_open_state_can_come_to_an_end(state: State) -> None:
    assert reachable(state) & FINAL
    assert state not in TRANSITIONS[state]


@pytest.mark.parametrize("state", sorted(State))
def test_every_state_is_reached_from_the_two_beginnings(state: State) -> None:
    assert state in reachable(State.ACCEPTED) | reachable(State.STAGED)


@given(start=st.sampled_from([State.ACCEPTED, State.STAGED]), choices=CHOICES)
def test_every_path_ends_final_or_held_or_goes_on(start: State, choices: list[int]) -> None:
    path = walk(start, choices)
    assert not set(path[:-1]) & FINAL, "nothing comes after a final state"
    if len(path) <= len(choices):
        assert path[-1] in FINAL


@given(choices=CHOICES)
def test_a_write_in_doubt_is_never_sent_again_without_a_look(choices: list[int]) -> None:
    path = walk(State.UNCERTAIN, choices)
    if State.RUNNING in path:
        before = path[: path.index(State.RUNNING)]
        assert State.CONFIRMING in before or State.PARKED in before


@given(choices=CHOICES)
def test_what_has_run_is_never_merely_accepted_again(choices: list[int]) -> None:
    assert State.ACCEPTED not in walk(State.RUNNING, choices)


@given(choices=CHOICES)
def test_what_has_run_is_not_cancelled_while_its_effect_is_unknown(choices: list[int]) -> None:
    path = walk(State.RUNNING, choices)
    if path[-1] is State.CANCELLED:
        assert path[-2] in {State.WAITING, State.PARKED}


@given(current=st.sampled_from(State), wanted=st.sampled_from(State))
def test_a_step_that_the_table_does_not_have_is_told_with_those_it_has(current: State, wanted: State) -> None:
    if wanted in TRANSITIONS[current]:
        check("op-1", current, wanted)
        return
    with pytest.raises(IllegalTransitionError) as caught:
        check("op-1", current, wanted)
    assert (caught.value.current, caught.value.wanted) == (current, wanted)
    allowed = TRANSITIONS[current] or {"none, it is final"}
    assert all(each in str(caught.value) for each in {"op-1", current, wanted, *allowed})
