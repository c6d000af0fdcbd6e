"""What a filter means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import Anchor, Name, ObjectRef, ObjectType, TargetObject, Value
from bridge.model.filters import NAME, And, Compare, Comparison, Filter, Not, Or, Present, matches

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
BOSS = ObjectRef(ObjectType("user"), Anchor("7"))
ALICE = TargetObject(
    ObjectType("user"),
    Anchor("1"),
    Name("alice"),
    {
        "mail": ("alice@example.com", "a@example.org"),
        "number": (10,),
        "enabled": (True,),
        "hired": (NOON,),
        "photo": (b"\x00\xff",),
        "manager": (BOSS,),
        "cleared": (),
    },
)

EQUAL, STARTS, ENDS = Comparison.EQUAL, Comparison.STARTS_WITH, Comparison.ENDS_WITH
CONTAINS, AT_LEAST, AT_MOST = Comparison.CONTAINS, Comparison.GREATER_OR_EQUAL, Comparison.LESS_OR_EQUAL


@pytest.mark.parametrize(
    ("attribute", "comparison", "value"),
    [
        ("mail", EQUAL, "a@example.org"),
        ("mail", STARTS, "alice@"),
        ("mail", ENDS, ".org"),
        ("mail", CONTAINS, "@example"),
        ("mail", CONTAINS, ""),
        (NAME, EQUAL, "alice"),
        (NAME, STARTS, "al"),
        ("number", EQUAL, 10),
        ("number", AT_LEAST, 10),
        ("number", AT_LEAST, 9),
        ("number", AT_MOST, 10),
        ("mail", AT_LEAST, "alice"),
        ("enabled", EQUAL, True),
        ("hired", EQUAL, NOON),
        ("hired", AT_MOST, NOON + timedelta(seconds=1)),
        ("photo", EQUAL, b"\x00\xff"),
        ("manager", EQUAL, BOSS),
    ],
)
def test_true_if_any_value_compares_so(attribute: str, comparison: Comparison, value: Value) -> None:
    assert matches(Compare(attribute, comparison, value), ALICE)


@pytest.mark.parametrize(
    ("attribute", "comparison", "value"),
    [
        ("mail", EQUAL, "A@example.org"),
        ("mail", STARTS, "example"),
        ("mail", ENDS, "alice@"),
        ("mail", EQUAL, "*"),
        ("number", EQUAL, "10"),
        ("number", STARTS, "1"),
        ("number", AT_LEAST, 11),
        ("number", AT_LEAST, "1"),
        ("number", AT_MOST, 9),
        ("enabled", EQUAL, 1),
        ("number", EQUAL, True),
        ("number", AT_LEAST, True),
        ("enabled", AT_MOST, True),
        ("hired", AT_LEAST, NOON + timedelta(seconds=1)),
        ("photo", CONTAINS, "\x00"),
        ("cleared", EQUAL, ""),
        ("absent", EQUAL, ""),
        ("absent", AT_MOST, 0),
    ],
)
def test_false_if_none_does_or_the_types_differ(attribute: str, comparison: Comparison, value: Value) -> None:
    assert not matches(Compare(attribute, comparison, value), ALICE)


def test_present_means_that_there_is_a_value() -> None:
    assert matches(Present("mail"), ALICE)
    assert matches(Present(NAME), ALICE)
    assert not matches(Present("cleared"), ALICE)
    assert not matches(Present("absent"), ALICE)


def test_and_of_nothing_is_true_and_or_of_nothing_is_false() -> None:
    assert matches(And(()), ALICE)
    assert not matches(Or(()), ALICE)


LEAVES: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Present, st.sampled_from(["mail", "cleared", "absent"])),
    st.builds(
        Compare,
        st.sampled_from(["mail", NAME, "number", "absent"]),
        st.sampled_from(Comparison),
        st.one_of(st.text(max_size=5), st.integers(-20, 20)),
    ),
)
TREES = st.recursive(LEAVES, lambda inner: inner | st.builds(Not, inner), max_leaves=3)


@given(first=TREES, second=TREES)
def test_and_or_and_not_are_those_of_logic(first: Filter, second: Filter) -> None:
    left, right = matches(first, ALICE), matches(second, ALICE)
    assert matches(Not(first), ALICE) is not left
    assert matches(And((first, second)), ALICE) is (left and right)
    assert matches(Or((first, second)), ALICE) is (left or right)
    assert matches(Not(And((first, second))), ALICE) is matches(Or((Not(first), Not(second))), ALICE)


@given(number=st.integers())
def test_any_number_is_at_least_or_at_most(number: int) -> None:
    at_least = matches(Compare("number", AT_LEAST, number), ALICE)
    at_most = matches(Compare("number", AT_MOST, number), ALICE)
    assert at_least or at_most
    assert (at_least and at_most) is matches(Compare("number", EQUAL, number), ALICE)
