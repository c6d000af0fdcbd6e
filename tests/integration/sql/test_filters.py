"""A filter finds exactly the objects that `filters.matches` holds it to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.sdk import Anchor, Name, ObjectRef, ObjectType, Query, Value, filters
from tests.support.sql_connector import SqlConnector, create, user

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = ("", "a", "A", "b%", "a_b", "a\\b", "[a]", "a*b?", "'", "ü", "aab")
EXACT = [each for each in filters.Comparison if not each.endswith("_or_equal")]


def comparisons(
    attribute: str, values: Sequence[Value], kinds: Sequence[filters.Comparison]
) -> st.SearchStrategy[filters.Filter]:
    return st.builds(filters.Compare, st.just(attribute), st.sampled_from(kinds), st.sampled_from(values))


LEAVES = st.one_of(
    *(comparisons(name, TEXTS, EXACT) for name in ("name", "display_name", "phone")),
    comparisons("badge", (1, 2, 3, -5, "1"), list(filters.Comparison)),
    comparisons("enabled", (True, False, 1), [filters.Comparison.EQUAL]),
    comparisons("manager", (ObjectRef(ObjectType("user"), Anchor("1")), "1"), [filters.Comparison.EQUAL]),
    comparisons("no_such", TEXTS, EXACT),
    st.builds(
        filters.Present, st.sampled_from(["name", "display_name", "phone", "badge", "manager", "pin", "no_such"])
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(filters.Not, inner),
        st.builds(filters.And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(filters.Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@pytest.fixture
def populated(people: SqlConnector) -> SqlConnector:
    people.one(create(user("boss"), badge=(1,)))
    people.send(
        *(
            create(
                user(f"{text}{number}{text}"),
                display_name=(text,),
                phone=(text, f"{text}x") if number % 2 else (),
                badge=(number % 4,) if number % 3 else (),
                enabled=(number % 2 == 0,),
                manager=(user("boss"),) if number % 5 else (),
            )
            for number, text in enumerate(TEXTS)
        )
    )
    return people


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
def test_it_agrees_with_its_meaning(populated: SqlConnector, tree: filters.Filter):
    everybody = populated.found("user", page_size=100)
    expected = {each.name for each in everybody if filters.matches(tree, each)}
    assert {each.name for each in populated.found("user", tree, page_size=3)} == expected


def test_pages_follow_one_another_and_each_object_is_in_one(populated: SqlConnector):
    sizes = [len(page) for page in populated.adapter.search(Query(ObjectType("user"), page_size=5))]
    assert sizes == [5, 5, 2]
    assert len({each.anchor for each in populated.found("user", page_size=1)}) == 12


def test_a_reference_is_found_by_the_name_of_what_it_refers_to(populated: SqlConnector):
    boss = ObjectRef(ObjectType("user"), name=Name("boss"))
    assert len(populated.found("user", filters.Compare("manager", filters.Comparison.EQUAL, boss))) == 8
