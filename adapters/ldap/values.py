"""One value between the bridge's types and LDAP's bytes, by the attribute's syntax. Pure; used by `translate`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from adapters.ldap import dn
from adapters.ldap.definitions import AttributeDefinition
from bridge.sdk import AttributeType, InvalidValueError, Value

_LDAP: Final = "1.3.6.1.4.1.1466.115.121.1."
_MICROSOFT: Final = "1.2.840.113556.1.4."
_NAME_AND_UID: Final = _LDAP + "34"
_TYPES: Final[Mapping[str, AttributeType]] = {
    _LDAP + "7": AttributeType.BOOLEAN,
    _LDAP + "27": AttributeType.INTEGER,
    _LDAP + "24": AttributeType.TIMESTAMP,
    _LDAP + "12": AttributeType.REFERENCE,
    _NAME_AND_UID: AttributeType.REFERENCE,
    _LDAP + "4": AttributeType.BINARY,
    _LDAP + "5": AttributeType.BINARY,
    _LDAP + "8": AttributeType.BINARY,
    _LDAP + "9": AttributeType.BINARY,
    _LDAP + "10": AttributeType.BINARY,
    _LDAP + "23": AttributeType.BINARY,
    _LDAP + "28": AttributeType.BINARY,
    _LDAP + "40": AttributeType.BINARY,
    _LDAP + "49": AttributeType.BINARY,
    _MICROSOFT + "906": AttributeType.INTEGER,
    _MICROSOFT + "907": AttributeType.BINARY,
}
"""Every other syntax is text in UTF-8 (RFC 4517)."""

_AS_BINARY: Final = frozenset({_LDAP + "8", _LDAP + "9", _LDAP + "10", _LDAP + "49"})
"""Syntaxes that travel under the option ;binary only (RFC 4523)."""

_EXACT: Final = re.compile(r"caseExact|octetString|certificate|bitString", re.IGNORECASE)
_NO_SPACES: Final = re.compile(r"numericString|telephoneNumber", re.IGNORECASE)

_UID: Final = re.compile(r"#'[01]*'B\Z")
"""The end of a value that is a name and a UID (RFC 4517 §3.3.21)."""

_GENERALIZED: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d|60)?)?(?:[.,](\d{1,9}))?(?:(Z)|([+-])(\d\d)(\d\d)?)\Z"
)


Decoded = str | int | bool | bytes | datetime


def type_of(attribute: AttributeDefinition) -> AttributeType:
    return _TYPES.get(attribute.syntax, AttributeType.STRING)


def wire_name(attribute: AttributeDefinition) -> str:
    """The name that requests use for the attribute."""
    return f"{attribute.name};binary" if attribute.syntax in _AS_BINARY else attribute.name


def may_have_uid(attribute: AttributeDefinition) -> bool:
    """Whether values are names with a UID that is optional."""
    return attribute.syntax == _NAME_AND_UID


def without_uid(attribute: AttributeDefinition, text: str) -> str:
    """The DN in a value that may have a UID behind it."""
    return _UID.sub("", text) if may_have_uid(attribute) else text


def is_case_exact(attribute: AttributeDefinition) -> bool:
    if not attribute.equality:
        return True
    return type_of(attribute) is not AttributeType.REFERENCE and bool(_EXACT.search(attribute.equality))


def encode(attribute: AttributeDefinition, value: Value) -> bytes:
    """The bytes of a value; references are resolved before they get here, to the text of their DN."""
    encoder, kind = _ENCODERS[type_of(attribute)]
    if type(value) is not kind and not (kind is datetime and isinstance(value, datetime)):
        raise _invalid(attribute, f"takes {type_of(attribute)} values, not {type(value).__name__}")
    return encoder(attribute, value)


def decoder(attribute: AttributeDefinition) -> Callable[[bytes], Decoded]:
    """What gives the value in the bytes; a DN is given as its text. What does not fit the attribute's syntax is given
    as text, or as bytes if it is no UTF-8: one broken value in the target must not hide its object."""
    return _DECODERS[type_of(attribute)]


def matching_key(attribute: AttributeDefinition, content: bytes) -> object:
    """Two values with equal keys are one value to the server (near enough to its equality rule)."""
    kind = type_of(attribute)
    if kind is AttributeType.BINARY:
        return content
    text = content.decode("utf-8", "surrogateescape")
    if kind is AttributeType.REFERENCE:
        return _dn_key(without_uid(attribute, text))
    if _NO_SPACES.search(attribute.equality):
        return re.sub(r"[ -]", "", text).casefold()
    if is_case_exact(attribute):
        return text if "octetString" in attribute.equality else " ".join(text.split())
    return " ".join(text.casefold().split())


def _dn_key(text: str) -> str:
    try:
        return dn.key(text)
    except dn.DnError:
        return text


def parse_time(text: str) -> datetime | None:
    """A generalizedTime (RFC 4517 §3.3.13); None if it is none that a datetime can hold."""
    found = _GENERALIZED.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(each or 0) for each in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_zone(found))
        return moment + _fraction(found)
    except (ValueError, OverflowError):
        return None


def format_time(moment: datetime) -> str:
    """In UTC, with a fraction only where there is one."""
    utc = moment.astimezone(UTC)
    fraction = f".{utc.microsecond:06d}".rstrip("0") if utc.microsecond else ""
    return f"{utc.year:04d}{utc:%m%d%H%M%S}{fraction}Z"


def _zone(found: re.Match[str]) -> timezone:
    if found[8]:
        return UTC
    offset = timedelta(hours=int(found[10]), minutes=int(found[11] or 0))
    return timezone(-offset if found[9] == "-" else offset)


def _fraction(found: re.Match[str]) -> timedelta:
    """The fraction is of the smallest unit given: an hour, a minute or a second."""
    unit = 1 if found[6] else 60 if found[5] else 3600
    return timedelta(microseconds=round(float(f"0.{found[7] or 0}") * unit * 1_000_000))


def _invalid(attribute: AttributeDefinition, complaint: str) -> InvalidValueError:
    return InvalidValueError(f"{attribute.name} {complaint}", attributes=(attribute.name,))


def _from_text(attribute: AttributeDefinition, value: str) -> bytes:
    if not value:
        raise _invalid(attribute, "cannot hold an empty string; clear the attribute instead")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise _invalid(attribute, "holds a lone surrogate, which is no character") from None


def _from_time(attribute: AttributeDefinition, value: datetime) -> bytes:
    if value.tzinfo is None:
        raise _invalid(attribute, "takes a time with its zone")
    return format_time(value).encode()


_ENCODERS: Final[Mapping[AttributeType, tuple[Callable[[AttributeDefinition, object], bytes], type]]] = {
    AttributeType.STRING: (_from_text, str),  # type: ignore[dict-item]  # `encode` has checked the type that stands beside it
    AttributeType.REFERENCE: (_from_text, str),  # type: ignore[dict-item]  # as above
    AttributeType.INTEGER: (lambda _, value: str(value).encode(), int),
    AttributeType.BOOLEAN: (lambda _, value: b"TRUE" if value else b"FALSE", bool),
    AttributeType.BINARY: (lambda _, value: value, bytes),  # type: ignore[return-value,dict-item]  # as above
    AttributeType.TIMESTAMP: (_from_time, datetime),  # type: ignore[dict-item]  # as above
}


def _as_it_is(content: bytes) -> bytes:
    return content


def _to_text(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _to_integer(content: bytes) -> Decoded:
    return int(content) if re.fullmatch(rb"-?[0-9]{1,4000}", content) else _to_text(content)


def _to_boolean(content: bytes) -> Decoded:
    found = {b"TRUE": True, b"FALSE": False}.get(content.upper())
    return _to_text(content) if found is None else found


def _to_time(content: bytes) -> Decoded:
    text = _to_text(content)
    return (parse_time(text) or text) if isinstance(text, str) else text


_DECODERS: Final[Mapping[AttributeType, Callable[[bytes], Decoded]]] = {
    AttributeType.STRING: _to_text,
    AttributeType.REFERENCE: _to_text,
    AttributeType.INTEGER: _to_integer,
    AttributeType.BOOLEAN: _to_boolean,
    AttributeType.BINARY: _as_it_is,
    AttributeType.TIMESTAMP: _to_time,
}
