"""The comparison finds every kind of difference that could be planted in a target."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bridge.demo.comparison import Content, Difference, DifferenceKind, Holding, Write, compare

ADA = Holding("user", "Lovelace, Ada", {"mail": ("ada@example.org",), "phone": ("+43 1", "+43 2")})
BOB = Holding("user", "O'Brien", {"mail": ("bob@example.org",)})
TEAM = Holding("group", "O'Brien", {"member": ("Lovelace, Ada", "O'Brien")})
ASKED = Content((ADA, BOB, TEAM), Counter({Write("user", ADA.name, "create"): 1, Write("user", ADA.name, "change"): 2}))


def test_equal_contents_have_no_difference_in_whatever_order():
    assert compare(ASKED, replace(ASKED, objects=(TEAM, BOB, ADA))) == []


@pytest.mark.parametrize(
    ("objects", "difference"),
    [
        ((ADA, TEAM), Difference(DifferenceKind.LOST, "user", "O'Brien")),
        ((ADA, BOB, BOB, TEAM), Difference(DifferenceKind.TWICE, "user", "O'Brien", "2 times")),
        ((ADA, BOB, TEAM, Holding("user", "Eve", {})), Difference(DifferenceKind.EXTRA, "user", "Eve")),
        (
            (ADA, replace(BOB, attributes={"mail": ("rob@example.org",)}), TEAM),
            Difference(
                DifferenceKind.CHANGED,
                "user",
                "O'Brien",
                "mail: asked 'bob@example.org', found 'rob@example.org'",
            ),
        ),
        (
            (ADA, BOB, replace(TEAM, attributes={})),
            Difference(
                DifferenceKind.CHANGED, "group", "O'Brien", "member: asked 'Lovelace, Ada', \"O'Brien\", found nothing"
            ),
        ),
        (
            (ADA, replace(BOB, attributes={**BOB.attributes, "title": ("x",)}), TEAM),
            Difference(DifferenceKind.CHANGED, "user", "O'Brien", "title: asked nothing, found 'x'"),
        ),
    ],
    ids=["lost", "twice", "extra", "changed value", "value gone", "value too many"],
)
def test_a_planted_difference_is_found_and_named(objects: tuple[Holding, ...], difference: Difference):
    assert compare(ASKED, replace(ASKED, objects=objects)) == [difference]


def test_a_row_that_is_there_twice_is_a_changed_value():
    doubled = replace(ADA, attributes={**ADA.attributes, "phone": ("+43 1", "+43 1", "+43 2")})
    [found] = compare(ASKED, replace(ASKED, objects=(doubled, BOB, TEAM)))
    assert (found.kind, found.name) == (DifferenceKind.CHANGED, ADA.name)


@pytest.mark.parametrize(("what", "times"), [("create", 2), ("change", 1), ("delete", 1)])
def test_a_write_done_more_or_less_often_is_found_though_the_objects_agree(what: str, times: int):
    write = Write("user", ADA.name, what)
    [found] = compare(ASKED, replace(ASKED, writes=Counter({**ASKED.writes, write: times})))
    assert (found.kind, found.name) == (DifferenceKind.WRITTEN, ADA.name)
    assert found.detail == f"{what}: asked {ASKED.writes[write]} times, done {times} times"
