"""Giving an object another name."""

from __future__ import annotations

from typing import ClassVar

import pytest

from bridge.sdk import ObjectRef, Rename, Verb
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, by_anchor, by_name, rejected, same, succeeded
from bridge.sdk.testing.contract.sample import SampleObjects


class Renaming(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.RENAME, Verb.GET})

    @pytest.fixture
    def ref(self, harness: Harness, sample: SampleObjects) -> ObjectRef:
        return harness.create(sample.object, harness.label(), {sample.text: ("kept",)})

    @pytest.mark.parametrize("address", [by_name, by_anchor])
    def test_the_new_name_is_there_and_the_old_one_is_not(
        self, harness: Harness, sample: SampleObjects, ref: ObjectRef, address: object
    ) -> None:
        assert callable(address)
        new = ObjectRef(ref.object_type, name=sample.object.name(harness.label("né, +")))
        assert new.name is not None
        outcome = harness.send(address(ref), Rename(new.name))
        assert succeeded(outcome), outcome
        assert harness.find(by_name(ref)) is None
        found = harness.read(new)
        assert found.anchor == ref.anchor, "an anchor never changes"
        assert same(found.attributes[sample.text], ("kept",))
        assert harness.read(by_anchor(ref)) == found

    def test_a_taken_name_is_rejected_and_both_stay(
        self, harness: Harness, sample: SampleObjects, ref: ObjectRef
    ) -> None:
        other = harness.create(sample.object, harness.label())
        before = harness.read(ref), harness.read(other)
        assert other.name is not None
        outcome = harness.send(ref, Rename(other.name))
        assert rejected(outcome, "already_exists"), outcome
        assert (harness.read(ref), harness.read(other)) == before

    def test_the_name_that_it_has_is_no_error(self, harness: Harness, ref: ObjectRef) -> None:
        assert ref.name is not None
        before = harness.read(ref)
        assert succeeded(harness.send(ref, Rename(ref.name)))
        assert harness.read(ref).ref == before.ref

    def test_an_unknown_object_is_rejected(self, harness: Harness, sample: SampleObjects) -> None:
        unknown = ObjectRef(sample.object.object_type, name=sample.object.name(harness.label()))
        outcome = harness.send(unknown, Rename(sample.object.name(harness.label())))
        assert rejected(outcome, "unknown_object"), outcome

    def test_the_old_name_is_free_again(self, harness: Harness, sample: SampleObjects) -> None:
        label = harness.label()
        ref = harness.create(sample.object, label)
        assert succeeded(harness.send(ref, Rename(sample.object.name(harness.label()))))
        assert harness.create(sample.object, label).anchor != ref.anchor
