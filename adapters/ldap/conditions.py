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


def starts_with(attribute: str, value: bytes) -> bytes:
    return _substring(attribute, element(0x80, value))


def contains(attribute: str, value: bytes) -> bytes:
    return _substring(attribute, element(0x81, value))


def ends_with(attribute: str, value: bytes) -> bytes:
    return _substring(attribute, element(0x82, value))


def _substring(attribute: str, part: bytes) -> bytes:
    return element(0xA4, octets(attribute.encode()) + sequence(part))


def all_of(terms: Iterable[bytes]) -> bytes:
    return element(0xA0, b"".join(terms))


def any_of(terms: Iterable[bytes]) -> bytes:
    return element(0xA1, b"".join(terms))


def none_of(term: bytes) -> bytes:
    return element(0xA2, term)
