"""A filter in a configuration file, text as RFC 4515 has it, as bytes. Pure; used by `config` and `protection`.

Only a person who configures the bridge writes filters as text; those of callers never exist as text.
"""

from __future__ import annotations

import re
from typing import Final

from adapters.ldap import conditions

_ITEM: Final = re.compile(r"\(([A-Za-z0-9.;-]+)(?::([A-Za-z0-9.-]+):)?(>=|<=|=)([^()]*)\)")
_ESCAPE: Final = re.compile(rb"\\([0-9A-Fa-f]{2})?")
_DEEPEST: Final = 32


def read_filter(text: str) -> bytes:
    """ValueError, which says what is wrong, if the text is no filter."""
    found, end = _read(text.strip(), 0, 0)
    if end != len(text.strip()):
        raise ValueError("a filter ends with its closing parenthesis")
    return found


def _read(text: str, start: int, depth: int) -> tuple[bytes, int]:
    if depth > _DEEPEST:
        raise ValueError("the filter is nested too deeply")
    if text[start : start + 2] in {"(&", "(|", "(!"}:
        return _combination(text, start, depth)
    item = _ITEM.match(text, start)
    if item is None:
        raise ValueError(f"no filter begins at “{text[start : start + 20]}”: write (attribute=value)")
    return _item(item[1], item[2], item[3], item[4]), item.end()


def _combination(text: str, start: int, depth: int) -> tuple[bytes, int]:
    terms: list[bytes] = []
    position = start + 2
    while position < len(text) and text[position] != ")":
        found, position = _read(text, position, depth + 1)
        terms.append(found)
    if position >= len(text) or not terms:
        raise ValueError("a filter with & | or ! holds others and ends with a parenthesis")
    match text[start + 1]:
        case "&":
            return conditions.all_of(terms), position + 1
        case "|":
            return conditions.any_of(terms), position + 1
        case _:
            if len(terms) > 1:
                raise ValueError("! takes one filter")
            return conditions.none_of(terms[0]), position + 1


def _item(attribute: str, rule: str | None, comparison: str, value: str) -> bytes:
    if rule is not None:
        return conditions.matching(attribute, rule, _unescape(value))
    if comparison == ">=":
        return conditions.greater_or_equal(attribute, _unescape(value))
    if comparison == "<=":
        return conditions.less_or_equal(attribute, _unescape(value))
    if value == "*":
        return conditions.present(attribute)
    return _equal_or_parts(attribute, value.split("*"))


def _equal_or_parts(attribute: str, parts: list[str]) -> bytes:
    if len(parts) == 1:
        return conditions.equal(attribute, _unescape(parts[0]))
    first, *middle, last = [_unescape(each) for each in parts]
    if not any((first, *middle, last)):
        raise ValueError("a filter for any value is written with one asterisk")
    return conditions.substrings(attribute, first, [each for each in middle if each], last)


def _unescape(text: str) -> bytes:
    def byte(found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            raise ValueError("a backslash in a filter is followed by two hexadecimal digits")
        return bytes.fromhex(found[1].decode())

    return _ESCAPE.sub(byte, text.encode())
