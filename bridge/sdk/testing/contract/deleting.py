"""Removing objects, and only those that were meant."""

from __future__ import annotations

from typing import ClassVar

import pytest

from bridge.sdk import Applied, Delete, ObjectRef, Unchanged, Verb
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, by_anchor, by_name
from bridge.sdk.testing.contract.sample import SampleObjects


class Deleting(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.DELETE, Verb.GET})

    @pytest.mark.parametrize("address", [by_name, by_anchor])
    def test_gone_at_once_and_unchanged_the_second_time(
        self, harness: Harness, sample: SampleObjects, address: object
    ) -> None:
        assert callable(address)
        ref = harness.create(sample.object, harness.label())
        assert isinstance(harness.send(address(ref), Delete()), Applied)
        assert harness.find(by_name(ref)) is None
        assert harness.find(by_anchor(ref)) is None
        assert isinstance(harness.send(address(ref), Delete()), Unchanged)

    def test_what_was_never_there_is_unchanged(self, harness: Harness, sample: SampleObjects) -> None:
        unknown = ObjectRef(sample.object.object_type, name=sample.object.name(harness.label()))
        assert isinstance(harness.send(unknown, Delete()), Unchanged)

    def test_a_new_object_of_the_same_name_is_not_meant(self, harness: Harness, sample: SampleObjects) -> None:
        label = harness.label()
        old = harness.create(sample.object, label)
        assert isinstance(harness.send(old, Delete()), Applied)
        new = harness.create(sample.object, label)
        assert new.anchor != old.anchor
        assert isinstance(harness.send(old, Delete()), Unchanged), "the anchor tells, not the name beside it"
        assert harness.read(by_name(new)).anchor == new.anchor
