"""Distinguished names: split, parse, compare (RFC 4514). Pure.

A name stays as its owner spelled it; `key` is for comparing only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Final, TypeVar

from adapters.ldap.ber import MalformedError, header

REMEMBERED: Final = 2048
"""Names that are taken apart once: a write asks several times for its few names."""

LONGEST_REMEMBERED: Final = 1024
"""Characters. A name may be as long as a message, and remembered ones stay."""

_ESCAPED: Final = frozenset('"+,;<>\\ #=')
_PART: Final = re.compile(r"(?:[^\\,;]+|\\.)*", re.DOTALL)
_VALUE: Final = re.compile(r"(?:[^\\+]+|\\.)*", re.DOTALL)
_HARD: Final = re.compile(r'[\\"<>\0\ud800-\udfff]')
_HEX: Final = re.compile(r"[0-9A-Fa-f]{2}")
_PLAIN: Final = re.compile(r'([A-Za-z][A-Za-z0-9-]*)=[^\\"<>+,;\0\ud800-\udfff#]+,(.+)', re.DOTALL)
_TYPE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)\Z")


class DnError(ValueError):
    """Text that is not a DN; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Ava:
    """One attribute type and value of an RDN; the value without its escapes."""

    type: str
    value: bytes


Rdn = tuple[Ava, ...]
T = TypeVar("T")


def _remembering(read: Callable[[str], T]) -> Callable[[str], T]:
    remembered = lru_cache(maxsize=REMEMBERED)(read)

    @wraps(read)
    def of(text: str) -> T:
        return remembered(text) if len(text) <= LONGEST_REMEMBERED else read(text)

    return of


def split(dn: str) -> tuple[str, str]:
    """The first RDN and the parent, as spelled. The parent is empty for a DN of one RDN."""
    end = _end(_PART, dn, 0)
    return dn[:end], dn[end + 1 :].lstrip(" ")


@_remembering
def parse(dn: str) -> tuple[Rdn, ...]:
    """All RDNs, the entry's own first; DnError if the text is no DN, or holds what is no character."""
    return tuple(_rdn(each) for each in _parts(_PART, dn)) if dn else ()


def place(dn: str) -> tuple[str, str] | None:
    """The naming attribute and the parent, as spelled, of a DN whose RDN is so plain that nothing can be wrong with it;
    None of any other."""
    found = _PLAIN.match(dn)
    return None if found is None else (found[1], found[2])


def rdn_of(dn: str) -> Rdn:
    """The entry's own RDN."""
    return _rdn(split(dn)[0])


@_remembering
def key(dn: str) -> str:
    """A form in which two spellings of one DN are mostly equal: case and spaces folded, escapes undone.

    Folding case is right for all naming attributes in use but the case-exact ones; there it errs towards "the same".
    """
    rdn, parent = split(dn)
    if len(rdn) == len(dn):
        return _rdn_key(_rdn(rdn)) if rdn else ""
    return f"{_rdn_key(_rdn(rdn))},{_parent_key(parent)}"


@_remembering
def _parent_key(parent: str) -> str:
    """Most names of a batch have few parents."""
    if not parent:
        raise DnError("it ends with a comma")
    return ",".join(_rdn_key(rdn) for rdn in parse(parent))


def _rdn_key(rdn: Rdn) -> str:
    return "+".join(sorted(f"{ava.type.lower()}={_fold(ava.value)}" for ava in rdn))


def is_under(dn_key: str, base_key: str) -> bool:
    """Whether the DN lies below the base or is it; both as `key` gives them."""
    return not base_key or dn_key == base_key or dn_key.endswith("," + base_key)


def is_child(dn_key: str, parent_key: str) -> bool:
    """Whether the DN lies directly below the other; both as `key` gives them."""
    rdn, _, parent = dn_key.partition(",")
    return bool(rdn) and parent == parent_key


def _fold(value: bytes) -> str:
    text = " ".join(value.decode("utf-8", "surrogateescape").casefold().split(" "))
    return re.sub(r"[,+=\\]", lambda found: f"\\{ord(found[0]):02x}", re.sub(" +", " ", text))


def _end(part: re.Pattern[str], text: str, start: int) -> int:
    """Where the first unescaped separator is, or the end."""
    found = part.match(text, start)
    end = found.end() if found else start
    if text.startswith("\\", end):
        raise DnError(f"“{text}” ends with a backslash")
    return end


def _parts(part: re.Pattern[str], text: str) -> list[str]:
    parts: list[str] = []
    start = 0
    while True:
        end = _end(part, text, start)
        parts.append(text[start:end])
        if end == len(text):
            return parts
        start = end + 1


def _rdn(text: str) -> Rdn:
    return tuple(_ava(each) for each in _parts(_VALUE, text))


def _ava(text: str) -> Ava:
    attribute, equals, value = text.partition("=")
    attribute = attribute.strip(" ")
    if not equals or not _TYPE.match(attribute):
        raise DnError(f"“{text}” is not attribute=value")
    return Ava(attribute, _value(value.lstrip(" ")))


def _value(text: str) -> bytes:
    if text.startswith("#"):
        return _hex(text[1:].rstrip(" "))
    if not _HARD.search(text):
        return text.rstrip(" ").encode()
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
        if _HARD.match(char):
            raise DnError(f"it holds {char!r} as it is")
        out += char.encode()
        position += 1
        kept = kept if char == " " else len(out)
    # Spaces at the end count only if they are escaped.
    return bytes(out[:kept])


def _unescape(text: str, position: int) -> tuple[bytes, int]:
    if _HEX.match(text, position):
        return bytes.fromhex(text[position : position + 2]), position + 2
    if position < len(text) and text[position] in _ESCAPED:
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
