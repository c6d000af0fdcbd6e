"""Makes distinguished names of values, as a caller of an LDAP connector does (RFC 4514)."""

from __future__ import annotations

_ALWAYS = frozenset('"+,;<>\\')


def escape(value: str) -> str:
    """A value as it may stand in a DN (RFC 4514 §2.4)."""
    last = len(value) - 1
    return "".join(_escape(char, at_start=index == 0, at_end=index == last) for index, char in enumerate(value))


def _escape(char: str, *, at_start: bool, at_end: bool) -> str:
    if char == "\0":
        return "\\00"
    if char in _ALWAYS or (char == "#" and at_start) or (char == " " and (at_start or at_end)):
        return f"\\{char}"
    return char


def name_of(attribute: str, value: str, parent: str) -> str:
    """The DN of an entry named by that value under that parent."""
    return f"{attribute}={escape(value)},{parent}"
