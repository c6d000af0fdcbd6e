"""Values and names with every character that some protocol treats in its own way."""

from __future__ import annotations

from typing import ClassVar, Final

import pytest

from bridge.sdk import AttributeType, DeltaKind, Rejected, Verb
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, anchor_of, by_anchor, by_name, rejected, same
from bridge.sdk.testing.contract.sample import Nul, SampleObjects

HARD_TEXTS: Final = (
    "a,b",
    'say "x"',
    "it's",
    "a+b",
    "a\\b",
    "\\2c",
    "<a>",
    "a;b",
    "a=b",
    "#a",
    "a*b",
    "(a)(b)",
    "%a_",
    "{a}",
    "$(a)",
    "'; DROP TABLE x; --",
    "a/b",
    "a\tb",
    " leading",
    "trailing ",
    "two  spaces",
    "🦊 and 👩‍👩‍👧",
    "שלום עולם",
    "العربية",
    "Ελληνικά",
    "Кириллица",
    "日本語",
    "Ångström",
    "A\u030angstro\u0308m",
    "ẞß",
)
"""Composed and decomposed letters stand side by side: an adapter normalises nothing."""

_HARD_BYTES: Final = bytes(range(256)) + b"\x00" + b"\xff\xfe" + b"trailing \r\n"


class HardValues(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.GET})

    @pytest.mark.parametrize("text", HARD_TEXTS)
    def test_text_comes_back_exactly(self, harness: Harness, sample: SampleObjects, text: str) -> None:
        ref = harness.create(sample.object, harness.label(), {sample.text: (text,)})
        assert same(harness.values(ref, sample.text), (text,))

    @pytest.mark.parametrize("text", HARD_TEXTS)
    def test_a_name_is_found_again(self, harness: Harness, sample: SampleObjects, text: str) -> None:
        attempt = harness.creation(sample.object, harness.label(text))
        outcome = harness.again(attempt)
        if text in sample.refused_names:
            assert rejected(outcome, "invalid_value"), outcome
            return
        found = harness.read(by_name(attempt.operation.target))
        assert found.anchor == anchor_of(outcome)
        assert harness.read(by_name(found.ref)) == harness.read(by_anchor(found.ref)) == found

    def test_a_nul_is_kept_or_refused_and_never_cuts_the_text(self, harness: Harness, sample: SampleObjects) -> None:
        attempt = harness.creation(sample.object, harness.label(), {sample.text: ("before\0after",)})
        outcome = harness.again(attempt)
        if sample.nul is Nul.KEPT:
            assert same(harness.values(attempt.operation.target, sample.text), ("before\0after",))
            return
        assert rejected(outcome, "invalid_value"), outcome
        assert isinstance(outcome, Rejected)
        assert outcome.failure.attributes == (sample.text,)
        assert harness.find(attempt.operation.target) is None

    def test_bytes_come_back_exactly(self, harness: Harness, sample: SampleObjects) -> None:
        described = harness.adapter.schema().object_types[sample.object.object_type].attributes
        binary = [each for each in sample.values if described[each].type is AttributeType.BINARY]
        for name in binary:
            ref = harness.create(sample.object, harness.label(), {name: (_HARD_BYTES,)})
            assert same(harness.values(ref, name), (_HARD_BYTES,)), name


class HardChanges(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.UPDATE, Verb.GET})

    def test_updates_take_hard_texts_too(self, harness: Harness, sample: SampleObjects) -> None:
        ref = harness.create(sample.object, harness.label())
        for text in HARD_TEXTS:
            harness.change(ref, sample.text, DeltaKind.REPLACE, text)
            assert same(harness.values(ref, sample.text), (text,))
