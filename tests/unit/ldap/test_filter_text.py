"""Filters of a configuration file become the bytes that filters of callers become."""

from __future__ import annotations

import pytest

from adapters.ldap.conditions import (
    all_of,
    any_of,
    ends_with,
    equal,
    greater_or_equal,
    less_or_equal,
    matching,
    none_of,
    present,
    substrings,
)
from adapters.ldap.filter_text import read_filter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(cn=a b)", equal("cn", b"a b")),
        (r"(cn=\2a\28\29\00)", equal("cn", b"*()\0")),
        ("(cn=é)", equal("cn", "é".encode())),
        ("(cn=*)", present("cn")),
        ("(uidNumber>=5)", greater_or_equal("uidNumber", b"5")),
        ("(uidNumber<=5)", less_or_equal("uidNumber", b"5")),
        ("(cn=*z)", ends_with("cn", b"z")),
        ("(cn=a*b*c)", substrings("cn", b"a", [b"b"], b"c")),
        ("(uac:1.2.840.113556.1.4.803:=2)", matching("uac", "1.2.840.113556.1.4.803", b"2")),
        ("(&(a=1)(|(b=2)(!(c=3))))", all_of([equal("a", b"1"), any_of([equal("b", b"2"), none_of(equal("c", b"3"))])])),
    ],
)
def test_it_reads(text: str, expected: bytes):
    assert read_filter(text) == expected


@pytest.mark.parametrize(
    "text", ["", "cn=a", "(cn=a", "(cn=a))", "(&)", "(!(a=1)(b=2))", r"(cn=\zz)", "(=a)", "(cn=**)", "(!" * 40]
)
def test_what_is_no_filter_is_refused(text: str):
    with pytest.raises(ValueError, match=r"filter|parenthesis"):
        read_filter(text)
