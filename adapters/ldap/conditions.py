"""Search filters and assertions as bytes (RFC 4511 §4.5.1.7). Pure; used by `lookup`, `plans` and `search_filter`.

No filter ever exists as text, so there is nothing to escape: any byte stands for itself, NUL and parentheses too.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.ldap.ber import element, octets, sequence


def equal(attribute: str, value: bytes) -> bytes:
    return element(0xA3, octets(attribute.encode()) + octets(value))


def greater_or_equal(attribute: str, value: bytes) -> bytes:
    return element(0xA5, octets(attribute.encode()) + octets(value))


def less_or_equal(attribute: str, value: bytes) -> bytes:
    return element(0xA6, octets(attribute.encode()) + octets(value))


def present(attribute: str) -> bytes:
    return element(0x87, attribute.encode())


def matching(attribute: str, rule: str, value: bytes) -> bytes:
    """By the matching rule of that OID (RFC 4511 §4.5.1.7.7)."""
    return element(0xA9, element(0x81, rule.encode()) + element(0x82, attribute.encode()) + element(0x83, value))


def starts_with(attribute: str, value: bytes) -> bytes:
    return substrings(attribute, value, (), b"")


def contains(attribute: str, value: bytes) -> bytes:
    return substrings(attribute, b"", (value,), b"")


def ends_with(attribute: str, value: bytes) -> bytes:
    return substrings(attribute, b"", (), value)


def substrings(attribute: str, first: bytes, middle: Iterable[bytes], last: bytes) -> bytes:
    """Values that begin with `first`, hold each of `middle` in order, end with `last`; at least one is given."""
    parts = [element(0x80, first)] if first else []
    parts += [element(0x81, each) for each in middle]
    parts += [element(0x82, last)] if last else []
    return element(0xA4, octets(attribute.encode()) + sequence(*parts))


def all_of(terms: Iterable[bytes]) -> bytes:
    return element(0xA0, b"".join(terms))


def any_of(terms: Iterable[bytes]) -> bytes:
    return element(0xA1, b"".join(terms))


def none_of(term: bytes) -> bytes:
    return element(0xA2, term)
