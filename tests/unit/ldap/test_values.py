"""Values come back as they went, by their attribute's syntax; what cannot be sent names the attribute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap import values
from adapters.ldap.definitions import AttributeDefinition
from bridge.sdk import AttributeType, InvalidValueError, ObjectRef, ObjectType, Secret, Value

LDAP = "1.3.6.1.4.1.1466.115.121.1."


def attribute(syntax: str, equality: str = "caseIgnoreMatch") -> AttributeDefinition:
    return AttributeDefinition("1.2.3", ("sample",), syntax=LDAP + syntax, equality=equality)


TEXT, NUMBER, SWITCH = attribute("15"), attribute("27", "integerMatch"), attribute("7", "booleanMatch")
BINARY, TIME, LINK = attribute("40", "octetStringMatch"), attribute("24", "generalizedTimeMatch"), attribute("12")
EDGES = (datetime.fromisoformat("0001-01-03"), datetime.fromisoformat("9999-12-29"))
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.text(min_size=1).filter(lambda text: not any(0xD800 <= ord(char) < 0xE000 for char in text)))
def test_text(text: str):
    assert values.decoder(TEXT)(values.encode(TEXT, text)) == text


@given(st.integers())
def test_numbers(number: int):
    assert values.decoder(NUMBER)(values.encode(NUMBER, number)) == number


@given(switch=st.booleans())
def test_switches(*, switch: bool):
    assert values.decoder(SWITCH)(values.encode(SWITCH, switch)) is switch


@given(st.binary())
def test_bytes(content: bytes):
    assert values.decoder(BINARY)(values.encode(BINARY, content)) == content


@given(st.datetimes(*EDGES, timezones=ZONES))
def test_times(moment: datetime):
    assert values.decoder(TIME)(values.encode(TIME, moment)) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20240229235959Z", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("202402292359Z", datetime(2024, 2, 29, 23, 59, tzinfo=UTC)),
        ("2024022923Z", datetime(2024, 2, 29, 23, tzinfo=UTC)),
        ("2024022923.5Z", datetime(2024, 2, 29, 23, 30, tzinfo=UTC)),
        ("202402292359,5Z", datetime(2024, 2, 29, 23, 59, 30, tzinfo=UTC)),
        ("20240229235959.25Z", datetime(2024, 2, 29, 23, 59, 59, 250_000, tzinfo=UTC)),
        ("20240229235959-0330", datetime(2024, 3, 1, 3, 29, 59, tzinfo=UTC)),
        ("20240229235959+01", datetime(2024, 2, 29, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_forms_of_a_time(text: str, moment: datetime):
    assert values.parse_time(text) == moment


@pytest.mark.parametrize("text", ["000001010000Z", "20241301000000Z", "2024", "20240229235959", "x"])
def test_what_is_no_time_stays_text(text: str):
    assert values.decoder(TIME)(text.encode()) == text


def test_what_does_not_fit_its_syntax_hides_no_object():
    assert values.decoder(NUMBER)(b"five") == "five"
    assert values.decoder(SWITCH)(b"maybe") == "maybe"
    assert values.decoder(TEXT)(b"\xff") == b"\xff"


@pytest.mark.parametrize(
    ("described", "value"),
    [
        (TEXT, ""),
        (TEXT, 1),
        (TEXT, b"x"),
        (TEXT, "\ud800"),
        (TEXT, Secret("x")),
        (NUMBER, True),
        (NUMBER, "1"),
        (SWITCH, 1),
        (BINARY, "x"),
        (TIME, datetime(2024, 1, 1)),  # noqa: DTZ001 - a time without its zone is what is refused
        (LINK, ObjectRef(ObjectType("user"), name=None, anchor="x")),  # type: ignore[arg-type]  # a reference that was not resolved
    ],
)
def test_what_cannot_be_sent_names_the_attribute(described: AttributeDefinition, value: Value):
    with pytest.raises(InvalidValueError) as raised:
        values.encode(described, value)
    assert raised.value.attributes == ("sample",)


def test_an_empty_text_says_what_to_do_instead():
    with pytest.raises(InvalidValueError, match="clear the attribute"):
        values.encode(TEXT, "")


@pytest.mark.parametrize(
    ("equality", "left", "right"),
    [
        ("caseIgnoreMatch", b"A  b ", b"a B"),
        ("caseExactMatch", b"a  b", b"a b"),
        ("telephoneNumberMatch", b"+43 1-23", b"+43123"),
        ("caseIgnoreIA5Match", b"A@B", b"a@b"),
    ],
)
def test_values_that_are_one_to_the_server(equality: str, left: bytes, right: bytes):
    described = attribute("15", equality)
    assert values.matching_key(described, left) == values.matching_key(described, right)


@pytest.mark.parametrize(
    ("equality", "left", "right"), [("caseExactMatch", b"a", b"A"), ("octetStringMatch", b"a ", b"a")]
)
def test_values_that_are_two(equality: str, left: bytes, right: bytes):
    described = attribute("15", equality)
    assert values.matching_key(described, left) != values.matching_key(described, right)


def test_dns_that_are_one():
    assert values.matching_key(LINK, b"UID=a, DC=x") == values.matching_key(LINK, b"uid=A,dc=X")


def test_certificates_travel_as_binary():
    assert values.wire_name(attribute("8")) == "sample;binary"
    assert values.type_of(attribute("8")) is AttributeType.BINARY
