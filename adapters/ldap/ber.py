"""BER as LDAP uses it (RFC 4511 §5.1): definite lengths only. Pure; used by `encoding` and `decoding`.

ldap3 builds an object tree for each message, which costs about 0.8 ms an add; joining bytes costs a few hundredths.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTETS: Final = 0x04
ENUMERATED: Final = 0x0A
SEQUENCE: Final = 0x30
SET: Final = 0x31

MAX_LENGTH_BYTES: Final = 4
SHORT: Final = 0x80
"""A length below it is one byte, and stands for itself."""
_SHORT_LENGTHS: Final = tuple(bytes((n,)) for n in range(SHORT))
_TAGS: Final = tuple(bytes((n,)) for n in range(256))


class MalformedError(Exception):
    """Bytes from the server that are not the BER they should be. They are never guessed at."""


def element(tag: int, content: bytes) -> bytes:
    """One element: tag, length, content."""
    size = len(content)
    if size < SHORT:
        return _TAGS[tag] + _SHORT_LENGTHS[size] + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return _TAGS[tag] + _TAGS[SHORT | len(length)] + length + content


def octets(content: bytes) -> bytes:
    return element(OCTETS, content)


def sequence(*parts: bytes) -> bytes:
    return element(SEQUENCE, b"".join(parts))


def set_of(values: Iterable[bytes]) -> bytes:
    return element(SET, b"".join(map(octets, values)))


def integer(value: int, tag: int = INTEGER) -> bytes:
    """The shortest two's complement form."""
    length = (value + (value < 0)).bit_length() // 8 + 1
    return element(tag, value.to_bytes(length, "big", signed=True))


TRUE: Final = element(BOOLEAN, b"\xff")
"""LDAP's TRUE is 0xFF and nothing else (RFC 4511 §5.1)."""
FALSE: Final = element(BOOLEAN, b"\x00")


def header(data: bytes | bytearray, position: int, limit: int) -> tuple[int, int, int] | None:
    """Tag, start and end of the content at `position`; None if more bytes are needed to tell. `limit` caps it."""
    if len(data) < position + 2:
        return None
    tag, size = data[position], data[position + 1]
    start = position + 2
    if size >= SHORT:
        count = size - SHORT
        if not 0 < count <= MAX_LENGTH_BYTES:
            raise MalformedError("a length is indefinite or longer than four bytes")
        if len(data) < start + count:
            return None
        size = int.from_bytes(data[start : start + count], "big")
        start += count
    if size > limit:
        raise MalformedError(f"an element of {size} bytes is more than the {limit} allowed")
    return tag, start, start + size


class Reader:
    """Reads the elements of one constructed value in order, never beyond its end."""

    __slots__ = ("_end", "data", "position")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self.data = data
        self.position = start
        """Of the next element."""
        self._end = len(data) if end is None else end

    def __bool__(self) -> bool:
        return self.position < self._end

    def peek(self) -> int | None:
        """The next element's tag, None at the end."""
        return self.data[self.position] if self.position < self._end else None

    def rest(self) -> bytes:
        """All that is left, which stays to be read."""
        return self.data[self.position : self._end]

    def take(self, expected: int | None = None) -> tuple[int, int, int]:
        found = header(self.data, self.position, self._end - self.position)
        if found is None or found[2] > self._end:
            raise MalformedError("an element is longer than what holds it")
        if expected is not None and found[0] != expected:
            raise MalformedError(f"an element has tag {found[0]:#04x} where {expected:#04x} belongs")
        self.position = found[2]
        return found

    def content(self, expected: int) -> bytes:
        _, start, end = self.take(expected)
        return self.data[start:end]

    def inner(self, expected: int) -> Reader:
        _, start, end = self.take(expected)
        return Reader(self.data, start, end)

    def number(self, expected: int = INTEGER) -> int:
        content = self.content(expected)
        if not 0 < len(content) <= MAX_LENGTH_BYTES:
            raise MalformedError("an integer has no bytes or more than four")
        return int.from_bytes(content, "big", signed=True)

    def all(self, expected: int) -> list[bytes]:
        """The contents of all remaining elements, which are all of that tag. They may be 100,000: short ones, which
        most are, are taken without a call."""
        data, end = self.data, self._end
        contents: list[bytes] = []
        while (start := self.position + 2) <= end:
            size = data[start - 1]
            if size < SHORT and start + size <= end and data[start - 2] == expected:
                self.position = start + size
                contents.append(data[start : start + size])
            else:
                contents.append(self.content(expected))
        if self:
            raise MalformedError("an element is longer than what holds it")
        return contents
