"""Many operations in one call: each has its own outcome, whatever becomes of the others."""

from __future__ import annotations

from typing import ClassVar

from bridge.sdk import Applied, AttributeDelta, DeltaKind, ObjectRef, Rejected, Update, Verb
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, anchor_of, rejected, same
from bridge.sdk.testing.contract.sample import SampleObjects

_MANY = 200


class Batches(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.GET})

    def test_many_at_once(self, harness: Harness, sample: SampleObjects) -> None:
        labels = [harness.label() for _ in range(_MANY)]
        batch = [harness.creation(sample.object, each, {sample.text: (f"text of {each}",)}) for each in labels]
        outcomes = harness.export(batch)
        assert len({anchor_of(each) for each in outcomes.values()}) == _MANY
        for label, attempt in list(zip(labels, batch, strict=True))[:: _MANY // 10]:
            assert same(harness.values(attempt.operation.target, sample.text), (f"text of {label}",))
            anchor = ObjectRef(sample.object.object_type, anchor_of(outcomes[attempt.operation.id]))
            assert same(harness.values(anchor, sample.text), (f"text of {label}",)), "outcomes are not mixed up"

    def test_one_bad_operation_never_sinks_the_others(self, harness: Harness, sample: SampleObjects) -> None:
        label = harness.label()
        harness.create(sample.object, label)
        good = [harness.creation(sample.object, harness.label()) for _ in range(6)]
        bad = harness.creation(sample.object, label)
        outcomes = harness.export([*good[:3], bad, *good[3:]])
        assert rejected(outcomes[bad.operation.id], "already_exists")
        assert all(isinstance(outcomes[each.operation.id], Applied) for each in good)
        assert all(harness.find(each.operation.target) for each in good)

    def test_an_attribute_that_is_not_there_sinks_none_either(self, harness: Harness, sample: SampleObjects) -> None:
        first = harness.creation(sample.object, harness.label())
        bad = harness.creation(sample.object, harness.label(), {"noSuchAttribute": ("x",)})
        last = harness.creation(sample.object, harness.label())
        outcomes = harness.export([first, bad, last])
        assert rejected(outcomes[bad.operation.id], "invalid_value"), outcomes
        assert isinstance(outcomes[first.operation.id], Applied)
        assert isinstance(outcomes[last.operation.id], Applied)


class MixedBatches(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.UPDATE, Verb.GET})

    def test_verbs_are_mixed(self, harness: Harness, sample: SampleObjects) -> None:
        there = harness.create(sample.object, harness.label(), {sample.text: ("before",)})
        unknown = ObjectRef(sample.object.object_type, name=sample.object.name(harness.label()))
        update = Update((AttributeDelta(sample.text, DeltaKind.REPLACE, ("after",)),))
        create = harness.creation(sample.object, harness.label())
        changes = [harness.attempt(unknown, update), create, harness.attempt(there, update)]
        outcomes = harness.export(changes)
        refused, made, changed = (outcomes[each.operation.id] for each in changes)
        assert isinstance(refused, Rejected)
        assert isinstance(made, Applied)
        assert isinstance(changed, Applied)
        assert same(harness.values(there, sample.text), ("after",))
