"""Changing attributes by deltas: per value, all of them or none, and safe to repeat."""

from __future__ import annotations

from typing import ClassVar

import pytest

from bridge.sdk import (
    Applied,
    AttributeDelta,
    DeltaKind,
    ObjectRef,
    Rejected,
    Update,
    Verb,
)
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, by_anchor, by_name, rejected, same, succeeded
from bridge.sdk.testing.contract.sample import SampleObjects

_NEEDS = frozenset({Verb.CREATE, Verb.UPDATE, Verb.GET})


class Updating(Behaviour):
    needs: ClassVar = _NEEDS

    @pytest.fixture
    def ref(self, harness: Harness, sample: SampleObjects) -> ObjectRef:
        return harness.create(sample.object, harness.label(), {sample.text: ("before",)})

    def test_replace_by_name_and_by_anchor(self, harness: Harness, sample: SampleObjects, ref: ObjectRef) -> None:
        for address, text in ((by_name(ref), "by name"), (by_anchor(ref), "by anchor")):
            assert isinstance(harness.change(address, sample.text, DeltaKind.REPLACE, text), Applied)
            assert same(harness.values(ref, sample.text), (text,))

    def test_replace_by_nothing_clears(self, harness: Harness, sample: SampleObjects, ref: ObjectRef) -> None:
        assert isinstance(harness.change(ref, sample.text, DeltaKind.REPLACE), Applied)
        assert not harness.values(ref, sample.text)
        assert succeeded(harness.change(ref, sample.text, DeltaKind.REPLACE)), "clearing what is clear is no error"

    def test_a_repeated_update_succeeds_and_changes_nothing(
        self, harness: Harness, sample: SampleObjects, ref: ObjectRef
    ) -> None:
        for _ in range(2):
            assert succeeded(harness.change(ref, sample.text, DeltaKind.REPLACE, "after"))
            assert same(harness.values(ref, sample.text), ("after",))

    def test_the_other_attributes_stay(self, harness: Harness, sample: SampleObjects, ref: ObjectRef) -> None:
        before = dict(harness.read(ref).attributes)
        harness.change(ref, sample.text, DeltaKind.REPLACE, "after")
        after = dict(harness.read(ref).attributes)
        for name in sample.object.attributes("label"):
            assert same(after.get(name, ()), before.get(name, ())), name

    def test_each_declared_value_can_be_set_and_cleared(
        self, harness: Harness, sample: SampleObjects, ref: ObjectRef, kept_attribute: str
    ) -> None:
        described = harness.adapter.schema().object_types[ref.object_type].attributes[kept_attribute]
        given = sample.values[kept_attribute]
        assert succeeded(harness.change(ref, kept_attribute, DeltaKind.REPLACE, *given))
        assert described.sensitive or same(harness.values(ref, kept_attribute), given)
        if not described.required:
            assert succeeded(harness.change(ref, kept_attribute, DeltaKind.REPLACE))
            assert not harness.values(ref, kept_attribute)

    def test_an_unknown_object_is_rejected(self, harness: Harness, sample: SampleObjects) -> None:
        unknown = ObjectRef(sample.object.object_type, name=sample.object.name(harness.label()))
        outcome = harness.change(unknown, sample.text, DeltaKind.REPLACE, "text")
        assert rejected(outcome, "unknown_object"), outcome
        assert harness.find(unknown) is None


class UpdatingMany(Behaviour):
    needs: ClassVar = _NEEDS

    @classmethod
    def declared_in(cls, sample: SampleObjects) -> bool:
        return sample.many is not None

    @pytest.fixture
    def many(self, sample: SampleObjects) -> str:
        assert sample.many is not None
        return sample.many

    @pytest.fixture
    def ref(self, harness: Harness, sample: SampleObjects, many: str) -> ObjectRef:
        return harness.create(sample.object, harness.label(), {many: ("one", "two")})

    def test_all_values_come_back(self, harness: Harness, many: str, ref: ObjectRef) -> None:
        assert same(harness.values(ref, many), ("one", "two"))

    def test_add_and_add_again(self, harness: Harness, many: str, ref: ObjectRef) -> None:
        for _ in range(2):
            assert succeeded(harness.change(ref, many, DeltaKind.ADD, "three"))
            assert same(harness.values(ref, many), ("one", "two", "three"))

    def test_remove_and_remove_again(self, harness: Harness, many: str, ref: ObjectRef) -> None:
        for _ in range(2):
            assert succeeded(harness.change(ref, many, DeltaKind.REMOVE, "one"))
            assert same(harness.values(ref, many), ("two",))

    def test_add_what_is_there_beside_what_is_not(self, harness: Harness, many: str, ref: ObjectRef) -> None:
        assert isinstance(harness.change(ref, many, DeltaKind.ADD, "two", "three"), Applied)
        assert same(harness.values(ref, many), ("one", "two", "three"))

    def test_remove_what_is_there_beside_what_is_not(self, harness: Harness, many: str, ref: ObjectRef) -> None:
        assert isinstance(harness.change(ref, many, DeltaKind.REMOVE, "two", "three"), Applied)
        assert same(harness.values(ref, many), ("one",))

    def test_remove_the_last_value(self, harness: Harness, many: str, ref: ObjectRef) -> None:
        assert succeeded(harness.change(ref, many, DeltaKind.REMOVE, "one", "two"))
        assert not harness.values(ref, many)

    def test_replace_all(self, harness: Harness, many: str, ref: ObjectRef) -> None:
        assert succeeded(harness.change(ref, many, DeltaKind.REPLACE, "two", "three"))
        assert same(harness.values(ref, many), ("two", "three"))

    def test_deltas_of_one_update_are_taken_in_order(self, harness: Harness, many: str, ref: ObjectRef) -> None:
        deltas = (
            AttributeDelta(many, DeltaKind.REMOVE, ("one",)),
            AttributeDelta(many, DeltaKind.ADD, ("three", "four")),
            AttributeDelta(many, DeltaKind.REMOVE, ("four",)),
        )
        assert succeeded(harness.send(ref, Update(deltas)))
        assert same(harness.values(ref, many), ("two", "three"))


class IllegalValues(Behaviour):
    needs: ClassVar = _NEEDS

    @classmethod
    def declared_in(cls, sample: SampleObjects) -> bool:
        return bool(sample.illegal)

    def test_a_create_names_the_attribute_and_makes_nothing(
        self, harness: Harness, sample: SampleObjects, illegal_attribute: str
    ) -> None:
        attempt = harness.creation(
            sample.object, harness.label(), {illegal_attribute: sample.illegal[illegal_attribute]}
        )
        outcome = harness.again(attempt)
        assert isinstance(outcome, Rejected), outcome
        assert (outcome.failure.code, outcome.failure.attributes) == ("invalid_value", (illegal_attribute,))
        assert harness.find(attempt.operation.target) is None

    def test_an_update_names_the_attribute_and_changes_nothing(
        self, harness: Harness, sample: SampleObjects, illegal_attribute: str
    ) -> None:
        ref = harness.create(sample.object, harness.label(), {sample.text: ("before",)})
        before = harness.read(ref)
        deltas = (
            AttributeDelta(sample.text, DeltaKind.REPLACE, ("after",)),
            AttributeDelta(illegal_attribute, DeltaKind.REPLACE, sample.illegal[illegal_attribute]),
        )
        outcome = harness.send(ref, Update(deltas))
        assert isinstance(outcome, Rejected), outcome
        assert (outcome.failure.code, outcome.failure.attributes) == ("invalid_value", (illegal_attribute,))
        assert harness.read(ref) == before, "all deltas or none"
