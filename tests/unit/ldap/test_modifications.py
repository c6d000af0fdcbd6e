"""A long update goes in parts: in order, none too large, nothing lost; all that is short goes in one."""

from __future__ import annotations

import pytest

from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.encoding import Change
from adapters.ldap.modifications import AT_ONCE, Modification, parts, reduced

_LDAP = "1.3.6.1.4.1.1466.115.121.1."
MEMBER = AttributeDefinition("2.5.4.31", ("member",), syntax=_LDAP + "12", equality="distinguishedNameMatch")
UNIQUE = AttributeDefinition("2.5.4.50", ("uniqueMember",), syntax=_LDAP + "34", equality="uniqueMemberMatch")
TITLE = AttributeDefinition("2.5.4.12", ("title",), syntax=_LDAP + "15", equality="caseIgnoreMatch")


def members(count: int) -> list[bytes]:
    return [b"cn=%d" % number for number in range(count)]


@pytest.mark.parametrize(
    ("changes", "most_bytes", "sizes"),
    [
        ([(Change.ADD, MEMBER, members(AT_ONCE))], 1_000_000, [AT_ONCE]),
        ([(Change.ADD, MEMBER, members(AT_ONCE + 1))], 1_000_000, [AT_ONCE, 1]),
        ([(Change.ADD, MEMBER, [b"a" * 10] * 5)], 20, [2, 2, 1]),
        ([(Change.ADD, MEMBER, [b"a" * 30])], 20, [1]),
        ([(Change.REPLACE, TITLE, [b"t"]), (Change.ADD, MEMBER, members(2)), (Change.DELETE, MEMBER, [b"x"])], 99, [4]),
        ([(Change.ADD, MEMBER, members(AT_ONCE)), (Change.DELETE, TITLE, [b"t"])], 1_000_000, [AT_ONCE, 1]),
    ],
)
def test_parts(changes: list[Modification], most_bytes: int, sizes: list[int]):
    found = parts(changes, most_bytes)
    assert [sum(len(contents) for _, _, contents in part) for part in found] == sizes
    joined = [(change, what, each) for part in found for change, what, contents in part for each in contents]
    assert joined == [(change, what, each) for change, what, contents in changes for each in contents]


def test_what_is_there_or_gone_is_left_out():
    entry = Entry("cn=g", {"MEMBER": [b"CN=A", b"cn=b"]})
    changes: list[Modification] = [(Change.ADD, MEMBER, [b"cn=a", b"cn=c"]), (Change.DELETE, MEMBER, [b"cn=d"])]
    assert reduced(changes, entry) == [(Change.ADD, MEMBER, [b"cn=c"])]


def test_a_name_with_a_uid_is_taken_away_as_it_is_held():
    entry = Entry("cn=g", {"uniqueMember": [b"cn=a#'01'B"]})
    assert reduced([(Change.DELETE, UNIQUE, [b"CN=a"])], entry) == [(Change.DELETE, UNIQUE, [b"cn=a#'01'B"])]
