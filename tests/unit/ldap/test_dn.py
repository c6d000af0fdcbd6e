"""Names keep every character, and spellings of one name compare equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap import dn
from tests.support.ldap_names import escape, name_of

VALUES = st.text(min_size=1, max_size=40).filter(lambda text: not any(0xD800 <= ord(char) < 0xE000 for char in text))
BASE = "ou=people,dc=lab,dc=test"


@given(VALUES)
def test_an_escaped_value_comes_back(value: str):
    name = name_of("uid", value, BASE)
    rdn = dn.rdn_of(name)
    assert rdn == (dn.Ava("uid", value.encode()),)
    assert dn.split(name) == (f"uid={escape(value)}", BASE)
    assert len(dn.parse(name)) == 4


@given(VALUES)
def test_a_name_is_under_its_parent_only(value: str):
    key = dn.key(name_of("uid", value, BASE))
    assert dn.is_under(key, dn.key(BASE))
    assert not dn.is_under(key, dn.key("ou=others,dc=lab,dc=test"))


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("#a#", "\\#a#"),
        (" a ", "\\ a\\ "),
        (" ", "\\ "),
        ("\\ ", "\\\\\\ "),
        ("a\0b", "a\\00b"),
        ('",+;<>\\=', '\\"\\,\\+\\;\\<\\>\\\\='),
        ("é🦊", "é🦊"),
    ],
)
def test_escaping(value: str, escaped: str):
    assert escape(value) == escaped


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("UID=Alice,OU=People,DC=lab", "uid=alice, ou=people , dc=lab"),
        ("uid=a\\,b,dc=lab", "uid=a\\2Cb,dc=lab"),
        ("cn=a+uid=b,dc=lab", "uid=b+cn=a,dc=lab"),
        ("cn=#040161,dc=lab", "cn=a,dc=lab"),
        ("cn=a  b,dc=lab", "cn=a b,dc=lab"),
        ("cn=\\C3\\A9,dc=lab", "cn=é,dc=lab"),
    ],
)
def test_spellings_of_one_name(left: str, right: str):
    assert dn.key(left) == dn.key(right)


@pytest.mark.parametrize(
    ("left", "right"), [("cn=a\\,dc=lab,dc=x", "cn=a,dc=lab,dc=x"), ("cn=a,dc=x", "cn=a\\+b=c,dc=x")]
)
def test_different_names(left: str, right: str):
    assert dn.key(left) != dn.key(right)


@given(VALUES)
def test_the_place_of_a_plain_name_is_its_parent(value: str):
    name = name_of("uid", value, BASE)
    assert dn.place(name) in {("uid", BASE), None}
    assert dn.place(f"uid=x,{name}") == ("uid", name)


@pytest.mark.parametrize(
    "name", ["uid=a", "uid=a+cn=b,dc=x", "uid=#0401aa,dc=x", "uid=a\\zb,dc=x", "nonsense,dc=x", ""]
)
def test_a_name_that_is_not_plain_is_looked_at_closely(name: str):
    assert dn.place(name) is None


def test_a_child_lies_directly_below():
    assert dn.is_child(dn.key("uid=a\\,b,dc=x"), "dc=x")
    assert not dn.is_child(dn.key("uid=a,ou=b,dc=x"), "dc=x")
    assert not dn.is_child("dc=x", "dc=x")


def test_an_escaped_comma_does_not_move_an_entry_under_a_base():
    assert not dn.is_under(dn.key("cn=a\\,ou=people\\,dc=lab\\,dc=test"), dn.key(BASE))


def test_a_name_of_ten_thousand_parts_is_a_name():
    assert dn.key(",".join(["dc=A"] * 10_000)) == ",".join(["dc=a"] * 10_000)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "=a",
        "cn",
        "cn=a,",
        "cn=a\\",
        "cn=a\\zb",
        'cn="a"',
        "cn=a\0",
        "c n=a",
        "cn=#0g",
        "cn=#0409aa",
        "cn=\ud800",
    ],
)
def test_what_is_no_dn(text: str):
    for read in (dn.parse, dn.key):
        with pytest.raises(dn.DnError):
            read(text)
