"""The judge of the crash tests finds each kind of violation when it is planted, and nothing where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.model.lifecycle import State
from tests.crash.checker import Asked, Effect, Repeat, Verdict, judge

ASKED = [
    Asked("a1", "a", ("create",)),
    Asked("a2", "a", ("count 1", "value v1")),
    Asked("a3", "a", ("count 2", "value v2")),
    Asked("a4", "a", ("password",), Repeat.HARMLESS),
    Asked("b1", "b", ("create",)),
]
RECORD = [
    Effect("b", "create"),
    Effect("a", "create"),
    Effect("a", "count 1"),
    Effect("a", "value v1"),
    Effect("a", "count 2"),
    Effect("a", "value v2"),
    Effect("a", "password"),
]
DONE = {each.id: State.SUCCEEDED for each in ASKED}


def verdict(
    record: list[Effect] = RECORD,
    told: dict[str, State] = DONE,
    journal: dict[str, State] = DONE,
) -> Verdict:
    return judge(ASKED, list(DONE), told, journal, record)


def test_a_true_history_is_clean() -> None:
    assert verdict().clean


def test_a_harmless_repeat_is_clean() -> None:
    assert verdict([*RECORD, Effect("a", "password")]).clean


def test_an_effect_that_is_missing_is_lost() -> None:
    assert len(verdict([each for each in RECORD if each.what != "count 2"]).lost) == 1


def test_half_an_effect_is_lost() -> None:
    assert len(verdict([each for each in RECORD if each.what != "value v1"]).lost) == 1


def test_an_acknowledged_operation_that_the_journal_has_not_is_lost() -> None:
    told = {each: state for each, state in DONE.items() if each != "b1"}
    found = verdict([each for each in RECORD if each.lane != "b"], told, told)
    assert found.lost == ["b1 was acknowledged, the journal has none"]


@pytest.mark.parametrize("state", [State.ACCEPTED, State.RUNNING, State.UNCERTAIN, State.PARKED])
def test_an_operation_that_never_settles_is_lost(state: State) -> None:
    told = {each: done for each, done in DONE.items() if each != "b1"}
    assert len(verdict([each for each in RECORD if each.lane != "b"], told, DONE | {"b1": state}).lost) == 1


@pytest.mark.parametrize("what", ["create", "count 1", "value v2"])
def test_an_effect_that_comes_again_is_twice(what: str) -> None:
    again = next(each for each in RECORD if each == Effect("a", what))
    place = RECORD.index(again)
    assert len(verdict([*RECORD[:place], again, *RECORD[place:]]).twice) == 1


def test_effects_in_another_order_are_reordered() -> None:
    swapped = [*RECORD[:2], RECORD[4], RECORD[5], RECORD[2], RECORD[3], RECORD[6]]
    assert verdict(swapped).reordered == ["a: count 1 came after count 2"]


def test_an_effect_that_nobody_asked_for_is_untrue() -> None:
    assert verdict([*RECORD, Effect("a", "delete")]).untrue == ["a: delete was never asked for"]


def test_an_object_that_nobody_asked_for_is_untrue() -> None:
    assert verdict([*RECORD, Effect("z", "create")]).untrue == ["z: create was never asked for"]


def test_a_result_that_the_journal_has_otherwise_is_untrue() -> None:
    told = DONE | {"b1": State.REJECTED}
    assert verdict(told=told).untrue == ["b1 was told to be rejected, the journal has succeeded"]


def test_an_effect_of_a_rejected_operation_is_untrue() -> None:
    rejected = DONE | {"b1": State.REJECTED}
    assert verdict(told=rejected, journal=rejected).untrue == ["b: b1 did not succeed, the target has create"]


def test_lanes_do_not_excuse_each_other() -> None:
    asked = [replace(each, lane="c") if each.id == "b1" else each for each in ASKED]
    found = judge(asked, list(DONE), DONE, DONE, RECORD)
    assert len(found.lost) == 1
    assert len(found.untrue) == 1
