"""Distinguished names: split, escape, compare (RFC 4514). Pure.

A name stays as its owner spelled it; `key` is for comparing only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from adapters.ldap.ber import MalformedError, header

_ALWAYS: Final = frozenset('"+,;<>\\')
_HEX: Final = re.compile(r"[0-9A-Fa-f]{2}")
_TYPE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)\Z")


class DnError(ValueError):
    """Text that is not a DN; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Ava:
    """One attribute type and value of an RDN; the value without its escapes."""

    type: str
    value: bytes


Rdn = tuple[Ava, ...]


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


def split(dn: str) -> tuple[str, str]:
    """The first RDN and the parent, as spelled. The parent is empty for a DN of one RDN."""
    comma = _next(dn, 0, ",;")
    return (dn, "") if comma == len(dn) else (dn[:comma].rstrip(" "), dn[comma + 1 :].lstrip(" "))


def parse(dn: str) -> tuple[Rdn, ...]:
    """All RDNs, the entry's own first; DnError if the text is no DN."""
    return tuple(_rdn(each) for each in _parts(dn, ",;")) if dn else ()


def rdn_of(dn: str) -> Rdn:
    """The entry's own RDN."""
    parsed = parse(dn)
    if not parsed:
        raise DnError("it is empty")
    return parsed[0]


def key(dn: str) -> str:
    """A form in which two spellings of one DN are mostly equal: case and spaces folded, escapes undone.

    Folding case is right for all naming attributes in use but the case-exact ones; there it errs towards "the same".
    """
    return ",".join("+".join(sorted(f"{ava.type.lower()}={_fold(ava.value)}" for ava in rdn)) for rdn in parse(dn))


def is_under(dn_key: str, base_key: str) -> bool:
    """Whether the DN lies below the base or is it; both as `key` gives them."""
    return not base_key or dn_key == base_key or dn_key.endswith("," + base_key)


def _fold(value: bytes) -> str:
    text = " ".join(value.decode("utf-8", "surrogateescape").casefold().split(" "))
    return re.sub(r"[,+=\\]", lambda found: f"\\{ord(found[0]):02x}", re.sub(" +", " ", text))


def _next(text: str, start: int, stops: str) -> int:
    """Where the first unescaped stop is, or the end."""
    position = start
    while position < len(text) and text[position] not in stops:
        position += 2 if text[position] == "\\" else 1
    return min(position, len(text))


def _parts(text: str, stops: str) -> list[str]:
    parts: list[str] = []
    start = 0
    while True:
        end = _next(text, start, stops)
        parts.append(text[start:end])
        if end >= len(text):
            return parts
        start = end + 1


def _rdn(text: str) -> Rdn:
    return tuple(_ava(each) for each in _parts(text, "+"))


def _ava(text: str) -> Ava:
    attribute, equals, value = text.partition("=")
    attribute = attribute.strip(" ")
    if not equals or not _TYPE.match(attribute):
        raise DnError(f"“{text}” is not attribute=value")
    return Ava(attribute, _value(value.lstrip(" ")))


def _value(text: str) -> bytes:
    if text.startswith("#"):
        return _hex(text[1:].rstrip(" "))
    out = bytearray()
    kept = 0
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\":
            found, position = _unescape(text, position + 1)
            out += found
            kept = len(out)
            continue
        if char == "\0" or char in '"<>':
            raise DnError(f"“{text}” holds {char!r} without a backslash")
        out += char.encode("utf-8", "surrogateescape")
        position += 1
        kept = kept if char == " " else len(out)
    # Spaces at the end count only if they are escaped.
    return bytes(out[:kept])


def _unescape(text: str, position: int) -> tuple[bytes, int]:
    if _HEX.match(text, position):
        return bytes.fromhex(text[position : position + 2]), position + 2
    if position < len(text) and (text[position] in _ALWAYS or text[position] in " #="):
        return text[position].encode(), position + 1
    raise DnError(f"“{text}” has a backslash before what needs none")


def _hex(text: str) -> bytes:
    """A value in BER (RFC 4514 §2.4, the `#` form): its content."""
    try:
        data = bytes.fromhex(text)
        found = header(data, 0, len(data))
    except (ValueError, MalformedError) as error:
        raise DnError(f"“#{text}” is not one BER value in hexadecimal") from error
    if found is None or found[2] != len(data):
        raise DnError(f"“#{text}” is not one BER value in hexadecimal")
    return data[found[1] :]
