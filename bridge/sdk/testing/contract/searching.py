"""Searching: pages that give each object once, and filters that mean what `filters.matches` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final, cast

import pytest

from bridge.model.filters import NAME, And, Compare, Comparison, Filter, Not, Or, Present, matches
from bridge.sdk import Anchor, ObjectType, Query, Searches, TargetObject, Verb
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, anchor_of
from bridge.sdk.testing.contract.sample import SampleObjects

_TEXTS: Final = (
    "plain",
    "plain and more",
    "wild*card",
    "wild%card_",
    "par(en)theses",
    "back\\slash",
    "it's",
    "né🦊",
)
_PAGE: Final = 3

# Lower case only: targets differ in how they compare letters, and say so by `case_exact`.
_TREES: Final[Mapping[str, Callable[[str], Filter]]] = {
    "equal": lambda text: Compare(text, Comparison.EQUAL, "plain"),
    "equal star": lambda text: Compare(text, Comparison.EQUAL, "wild*card"),
    "equal percent": lambda text: Compare(text, Comparison.EQUAL, "wild%card_"),
    "equal star alone": lambda text: Compare(text, Comparison.EQUAL, "*"),
    "equal parentheses": lambda text: Compare(text, Comparison.EQUAL, "par(en)theses"),
    "equal backslash": lambda text: Compare(text, Comparison.EQUAL, "back\\slash"),
    "equal quote": lambda text: Compare(text, Comparison.EQUAL, "it's"),
    "equal emoji": lambda text: Compare(text, Comparison.EQUAL, "né🦊"),
    "starts": lambda text: Compare(text, Comparison.STARTS_WITH, "plain"),
    "ends": lambda text: Compare(text, Comparison.ENDS_WITH, "more"),
    "contains": lambda text: Compare(text, Comparison.CONTAINS, "ai"),
    "contains star": lambda text: Compare(text, Comparison.CONTAINS, "*"),
    "contains percent": lambda text: Compare(text, Comparison.CONTAINS, "%"),
    "contains underscore": lambda text: Compare(text, Comparison.CONTAINS, "d_"),
    "present": Present,
    "not present": lambda text: Not(Present(text)),
    "not": lambda text: Not(Compare(text, Comparison.EQUAL, "plain")),
    "and": lambda text: And((Present(text), Compare(text, Comparison.CONTAINS, "card"))),
    "or": lambda text: Or((Compare(text, Comparison.EQUAL, "plain"), Compare(text, Comparison.EQUAL, "it's"))),
    "nested": lambda text: And(
        (
            Or((Compare(text, Comparison.STARTS_WITH, "wild"), Not(Present(text)))),
            Not(Compare(text, Comparison.ENDS_WITH, "_")),
        )
    ),
    "and of nothing": lambda _: And(()),
    "or of nothing": lambda _: Or(()),
}


class _Searching(Behaviour):
    needs: ClassVar = frozenset({Verb.CREATE, Verb.SEARCH})

    @pytest.fixture
    def mine(self, harness: Harness, sample: SampleObjects) -> set[Anchor]:
        """Objects with each of the texts, one with none and, where the sample has it, a number for each."""
        made = [
            harness.creation(sample.object, harness.label(), {sample.text: texts, **_numbered(sample, number)})
            for number, texts in enumerate([*((each,) for each in _TEXTS), ()])
        ]
        return {anchor_of(each) for each in harness.export(made).values()}


class Searching(_Searching):
    def test_each_object_is_seen_once(self, harness: Harness, sample: SampleObjects, mine: set[Anchor]) -> None:
        query = Query(sample.object.object_type, page_size=_PAGE)
        pages = list(cast("Searches", harness.adapter).search(query))
        seen = [each.anchor for page in pages for each in page]
        assert len(seen) == len(set(seen))
        assert mine <= set(seen)
        assert all(each.object_type == sample.object.object_type for page in pages for each in page)

    @pytest.mark.parametrize("which", sorted(_TREES))
    def test_a_filter_means_what_matches_says(
        self, harness: Harness, sample: SampleObjects, mine: set[Anchor], which: str
    ) -> None:
        _agrees(harness, sample.object.object_type, mine, _TREES[which](sample.text))

    def test_the_name_can_be_asked_for(self, harness: Harness, sample: SampleObjects, mine: set[Anchor]) -> None:
        named = next(iter(_found(harness, sample.object.object_type, None, mine).values())).name
        tree = Compare(NAME, Comparison.EQUAL, named)
        assert _agrees(harness, sample.object.object_type, mine, tree) == 1

    def test_an_iteration_may_be_closed_early(self, harness: Harness, sample: SampleObjects, mine: set[Anchor]) -> None:
        adapter = cast("Searches", harness.adapter)
        pages = adapter.search(Query(sample.object.object_type, page_size=_PAGE))
        next(pages)
        getattr(pages, "close", lambda: None)()
        assert mine <= set(_found(harness, sample.object.object_type, None, mine)), "the instance can still search"


class ComparingBySize(_Searching):
    @classmethod
    def declared_in(cls, sample: SampleObjects) -> bool:
        return sample.ordered is not None

    @pytest.mark.parametrize("comparison", [Comparison.GREATER_OR_EQUAL, Comparison.LESS_OR_EQUAL, Comparison.EQUAL])
    def test_numbers_compare_by_size(
        self, harness: Harness, sample: SampleObjects, mine: set[Anchor], comparison: Comparison
    ) -> None:
        assert sample.ordered is not None
        # 2 and 10 are both there: they tell whether numbers are compared as text.
        tree = Compare(sample.ordered, comparison, 2)
        assert _agrees(harness, sample.object.object_type, mine, tree)


def _numbered(sample: SampleObjects, number: int) -> dict[str, tuple[int, ...]]:
    return {sample.ordered: (number * 2,)} if sample.ordered else {}


def _found(
    harness: Harness, object_type: ObjectType, tree: Filter | None, mine: set[Anchor]
) -> Mapping[Anchor, TargetObject]:
    """What a search finds of this test's objects; a target may hold others."""
    pages = cast("Searches", harness.adapter).search(Query(object_type, tree, _PAGE))
    return {each.anchor: each for page in pages for each in page if each.anchor in mine}


def _agrees(harness: Harness, object_type: ObjectType, mine: set[Anchor], tree: Filter) -> int:
    everything = _found(harness, object_type, None, mine)
    expected = {anchor for anchor, each in everything.items() if matches(tree, each)}
    assert set(_found(harness, object_type, tree, mine)) == expected
    return len(expected)
