"""Sending again after doubt: whatever became of the first attempt, there is one effect."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest

from bridge.sdk import (
    Applied,
    AttributeDelta,
    DeltaKind,
    OperationKind,
    Replay,
    Unchanged,
    Update,
    Verb,
    capabilities_of,
)
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, by_name, rejected, same, succeeded
from bridge.sdk.testing.contract.sample import SampleObjects


class ResendingCreates(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.GET})

    def test_a_create_that_took_effect_makes_no_second_object(self, harness: Harness, sample: SampleObjects) -> None:
        attempt = harness.creation(sample.object, harness.label(), {sample.text: ("text",)})
        first = harness.again(attempt)
        assert isinstance(first, Applied)
        before = harness.read(attempt.operation.target)
        second = harness.again(replace(attempt, number=2, conditional=True, observed=None))
        assert rejected(second, "already_exists", "precondition") or (
            isinstance(second, Applied | Unchanged) and second.anchor == first.anchor
        ), second
        assert harness.read(attempt.operation.target) == before

    def test_a_create_that_took_no_effect_is_made_good(self, harness: Harness, sample: SampleObjects) -> None:
        attempt = harness.creation(sample.object, harness.label(), {sample.text: ("text",)})
        outcome = harness.again(replace(attempt, number=2, conditional=True, observed=None))
        assert isinstance(outcome, Applied), outcome
        assert same(harness.values(attempt.operation.target, sample.text), ("text",))


class ResendingUpdates(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.UPDATE, Verb.GET})

    def test_an_update_that_took_effect_changes_nothing_more(self, harness: Harness, sample: SampleObjects) -> None:
        ref = harness.create(sample.object, harness.label(), {sample.text: ("before",)})
        attempt = harness.attempt(ref, Update((AttributeDelta(sample.text, DeltaKind.REPLACE, ("after",)),)))
        observed = harness.read(ref)
        assert isinstance(harness.again(attempt), Applied)
        after = dict(harness.read(ref).attributes)
        outcome = harness.again(replace(attempt, number=2, conditional=True, observed=observed))
        assert rejected(outcome, "precondition") or succeeded(outcome), outcome
        assert dict(harness.read(ref).attributes) == after

    def test_an_update_that_took_no_effect_is_made_good(self, harness: Harness, sample: SampleObjects) -> None:
        ref = harness.create(sample.object, harness.label(), {sample.text: ("before",)})
        attempt = harness.attempt(ref, Update((AttributeDelta(sample.text, DeltaKind.REPLACE, ("after",)),)))
        outcome = harness.again(replace(attempt, number=2, conditional=True, observed=harness.read(ref)))
        assert isinstance(outcome, Applied), outcome
        assert same(harness.values(ref, sample.text), ("after",))

    def test_a_newer_value_of_somebody_else_is_not_overwritten(self, harness: Harness, sample: SampleObjects) -> None:
        if capabilities_of(harness.adapter).replay[OperationKind.UPDATE] is not Replay.CONDITIONAL:
            pytest.skip("the adapter does not declare conditional updates")
        ref = harness.create(sample.object, harness.label(), {sample.text: ("before",)})
        attempt = harness.attempt(ref, Update((AttributeDelta(sample.text, DeltaKind.REPLACE, ("ours",)),)))
        observed = harness.read(by_name(ref))
        assert isinstance(harness.change(ref, sample.text, DeltaKind.REPLACE, "theirs"), Applied)
        outcome = harness.again(replace(attempt, number=2, conditional=True, observed=observed))
        assert rejected(outcome, "precondition"), outcome
        assert same(harness.values(ref, sample.text), ("theirs",))
