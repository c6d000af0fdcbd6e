"""References wait for the object that they refer to."""

from __future__ import annotations

from typing import ClassVar

import pytest

from bridge.sdk import Deferred, DeltaKind, ObjectRef, Outcome, Verb
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, by_anchor, by_name, succeeded
from bridge.sdk.testing.contract.sample import ReferenceSample, SampleObjects


class References(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.UPDATE, Verb.GET})

    @classmethod
    def declared_in(cls, sample: SampleObjects) -> bool:
        return sample.reference is not None

    @pytest.fixture
    def reference(self, sample: SampleObjects) -> ReferenceSample:
        assert sample.reference is not None
        return sample.reference

    @pytest.fixture
    def absent(self, harness: Harness, sample: SampleObjects) -> ObjectRef:
        return ObjectRef(sample.object.object_type, name=sample.object.name(harness.label()))

    def test_an_update_waits_by_name_for_what_is_absent(
        self, harness: Harness, reference: ReferenceSample, absent: ObjectRef
    ) -> None:
        holder = harness.create(reference.holder, harness.label())
        before = harness.read(holder)
        _waits_for(harness.change(holder, reference.attribute, DeltaKind.ADD, absent), absent)
        assert harness.read(holder) == before

    def test_a_create_waits_and_makes_nothing(
        self, harness: Harness, reference: ReferenceSample, absent: ObjectRef
    ) -> None:
        attempt = harness.creation(reference.holder, harness.label(), {reference.attribute: (absent,)})
        _waits_for(harness.again(attempt), absent)
        assert harness.find(attempt.operation.target) is None

    def test_the_same_operation_succeeds_once_it_is_there(
        self, harness: Harness, sample: SampleObjects, reference: ReferenceSample
    ) -> None:
        label = harness.label()
        absent = ObjectRef(sample.object.object_type, name=sample.object.name(label))
        attempt = harness.creation(reference.holder, harness.label(), {reference.attribute: (absent,)})
        _waits_for(harness.again(attempt), absent)
        there = harness.create(sample.object, label)
        assert succeeded(harness.again(attempt))
        assert _referred(harness, attempt.operation.target, reference) == {there.anchor}

    @pytest.mark.parametrize("address", [by_name, by_anchor])
    def test_add_and_remove_by_name_and_by_anchor(
        self, harness: Harness, sample: SampleObjects, reference: ReferenceSample, address: object
    ) -> None:
        assert callable(address)
        there = harness.create(sample.object, harness.label("né, +"))
        holder = harness.create(reference.holder, harness.label())
        before = _referred(harness, holder, reference)
        for _ in range(2):
            assert succeeded(harness.change(holder, reference.attribute, DeltaKind.ADD, address(there)))
            assert _referred(harness, holder, reference) == before | {there.anchor}
        for _ in range(2):
            assert succeeded(harness.change(holder, reference.attribute, DeltaKind.REMOVE, address(there)))
            assert _referred(harness, holder, reference) == before


def _waits_for(outcome: Outcome, absent: ObjectRef) -> None:
    assert isinstance(outcome, Deferred), outcome
    assert outcome.failure.code == "not_ready"
    assert outcome.waits_for is not None, "the missing object is named, so that its settlement wakes the operation"
    assert by_name(outcome.waits_for) == by_name(absent)


def _referred(harness: Harness, holder: ObjectRef, reference: ReferenceSample) -> set[str]:
    """Anchors of the objects that the holder refers to, whether the target tells anchors or names."""
    found = [each for each in harness.values(holder, reference.attribute) if isinstance(each, ObjectRef)]
    return {each.anchor or harness.read(each).anchor for each in found}
