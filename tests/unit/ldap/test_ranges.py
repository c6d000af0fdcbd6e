"""An attribute that came in part is read to its end, in one state of the entry. The answers are a server's, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from adapters.ldap.decoding import Entry, Response
from adapters.ldap.ranges import ATTEMPTS, complete
from adapters.ldap.server_kind import ACTIVE_DIRECTORY
from bridge.sdk import ThrottledError, UnexpectedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.ldap.directory import Directory

WANTED = ("*", "uSNChanged")


@dataclass(frozen=True)
class Domain:
    """All of a Directory that is asked for here."""

    kind = ACTIVE_DIRECTORY


def _entry(version: bytes, **attributes: Sequence[bytes]) -> Entry:
    """`member_0_to_all` stands for member;range=0-*."""
    named = {re.sub(r"_(\d+)_to_", r";range=\1-", name): held for name, held in attributes.items()}
    return Entry("CN=g", {"uSNChanged": [version], **{name.replace("all", "*"): held for name, held in named.items()}})


def _read(first: Entry, *answers: Entry) -> tuple[Entry, list[bytes]]:
    """What the plan comes to, and the requests that it made."""
    domain: Directory = Domain()  # type: ignore[assignment]  # see there
    plan = complete(domain, first, WANTED)
    asked: list[bytes] = []
    try:
        asked += [each.operation for each in next(plan)]
        for answer in answers:
            asked += [each.operation for each in plan.send([Response(code=0, entries=[answer])])]
    except StopIteration as finished:
        return finished.value, asked
    raise AssertionError("it asked for more")


def test_an_entry_that_came_whole_is_left_as_it_is():
    entry = _entry(b"1", member=[b"a"])
    assert _read(entry) == (entry, [])


def test_all_parts_are_put_together():
    whole, asked = _read(
        _entry(b"1", cn=[b"g"], member=[], member_0_to_1=[b"a", b"b"]),
        _entry(b"1", member_2_to_3=[b"c", b"d"]),
        _entry(b"1", member_4_to_all=[b"e"]),
    )
    assert whole.attributes == {"uSNChanged": [b"1"], "cn": [b"g"], "member": [b"a", b"b", b"c", b"d", b"e"]}
    assert [b"member;range=2-*" in asked[0], b"member;range=4-*" in asked[1]] == [True, True]


def test_an_entry_that_is_written_meanwhile_is_read_again():
    whole, _ = _read(
        _entry(b"1", member_0_to_0=[b"gone"]),
        _entry(b"2", member_1_to_all=[b"b"]),
        _entry(b"2", member_0_to_0=[b"a"]),
        _entry(b"2", member_1_to_all=[b"b"]),
    )
    assert whole.attributes == {"uSNChanged": [b"2"], "member": [b"a", b"b"]}


def test_an_entry_that_never_rests_is_left_for_later():
    part, later = _entry(b"1", member_0_to_0=[b"a"]), _entry(b"2", member_1_to_all=[b"b"])
    with pytest.raises(ThrottledError):
        _read(part, *(later, part) * ATTEMPTS)


@pytest.mark.parametrize("answer", [_entry(b"1"), _entry(b"1", member_1_to_5=[])])
def test_a_server_that_keeps_the_rest_to_itself_is_not_asked_for_ever(answer: Entry):
    with pytest.raises(UnexpectedError, match="not the rest"):
        _read(_entry(b"1", member_0_to_0=[b"a"]), answer)
