"""Creating objects, and reading back what they were given."""

from __future__ import annotations

from typing import ClassVar

from bridge.sdk import Applied, ObjectRef, Rejected, Verb
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, by_anchor, by_name, same
from bridge.sdk.testing.contract.sample import SampleObjects


class Creating(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.GET})

    def test_a_new_object_is_found_by_name_and_by_anchor(self, harness: Harness, sample: SampleObjects) -> None:
        ref = harness.create(sample.object, harness.label(), {sample.text: ("some text",)})
        found = harness.read(by_name(ref))
        assert found == harness.read(by_anchor(ref))
        assert found.anchor == ref.anchor
        assert found.name == ref.name
        assert same(found.attributes[sample.text], ("some text",))

    def test_what_was_never_made_is_absent(self, harness: Harness, sample: SampleObjects) -> None:
        name = sample.object.name(harness.label())
        assert harness.find(ObjectRef(sample.object.object_type, name=name)) is None

    def test_a_value_comes_back_as_it_was_given(
        self, harness: Harness, sample: SampleObjects, kept_attribute: str
    ) -> None:
        given = sample.values[kept_attribute]
        ref = harness.create(sample.object, harness.label(), {kept_attribute: given})
        described = harness.adapter.schema().object_types[sample.object.object_type].attributes[kept_attribute]
        if described.sensitive:
            assert not harness.values(ref, kept_attribute), "a sensitive value is never read back"
        else:
            assert same(harness.values(ref, kept_attribute), given)

    def test_no_values_make_no_attribute(self, harness: Harness, sample: SampleObjects) -> None:
        ref = harness.create(sample.object, harness.label(), {sample.text: ()})
        assert not harness.values(ref, sample.text)

    def test_a_taken_name_is_rejected_and_its_owner_left_alone(self, harness: Harness, sample: SampleObjects) -> None:
        label = harness.label()
        ref = harness.create(sample.object, label, {sample.text: ("first",)})
        before = harness.read(ref)
        outcome = harness.again(harness.creation(sample.object, label, {sample.text: ("second",)}))
        assert isinstance(outcome, Rejected), outcome
        assert outcome.failure.code == "already_exists"
        assert outcome.anchor in {None, ref.anchor}
        assert harness.read(ref) == before

    def test_a_create_is_answered_applied(self, harness: Harness, sample: SampleObjects) -> None:
        assert isinstance(harness.again(harness.creation(sample.object, harness.label())), Applied)
