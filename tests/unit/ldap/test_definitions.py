"""Definitions of attribute types and classes are read, with what they inherit."""

from __future__ import annotations

import pytest

from adapters.ldap.definitions import read_attribute, read_class, resolve

NAME = "( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.15{32768} )"
CN = "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'RFC4519: it\\27s ( SUP ) SYNTAX $' SUP name )"


def test_an_attribute_inherits_along_the_chain():
    found = resolve([read_attribute(CN), read_attribute(NAME)])
    assert found["commonname"] is not found["name"]
    assert found["cn"].syntax == "1.3.6.15"
    assert found["2.5.4.3"].max_length == 32768
    assert found["cn"].substring == "caseIgnoreSubstringsMatch"
    assert found["cn"].description == "RFC4519: it's ( SUP ) SYNTAX $"


def test_flags_and_extensions():
    found = read_attribute(
        "( 1.2 NAME 'x' SYNTAX 1.3 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation X-ORIGIN ( 'a' 'b' ) )"
    )
    assert found.single_valued
    assert not found.user_modifiable


def test_a_class():
    found = read_class("( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY description )")
    assert (found.names, found.superiors) == (("person",), ("top",))
    assert (found.must, found.may) == (("sn", "cn"), ("description",))


@pytest.mark.parametrize("text", ["", "person", "( 1.2 NAME 'x'", "( 1.2 NAME ( 'x'"])
def test_what_is_no_definition(text: str):
    with pytest.raises(ValueError, match="definition"):
        read_attribute(text)


def test_a_circle_is_told():
    with pytest.raises(ValueError, match="its own superior"):
        resolve([read_attribute("( 1.1 NAME 'a' SUP b )"), read_attribute("( 1.2 NAME 'b' SUP a )")])
