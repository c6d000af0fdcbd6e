"""LDAP answers from bytes (RFC 4511 §4), strictly: the server is not trusted. Pure; used by `pipeline`.

Whatever is not exactly the expected form raises MalformedError, which ends the connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    INTEGER,
    OCTETS,
    SEQUENCE,
    SET,
    SHORT,
    MalformedError,
    Reader,
    header,
)

MAX_MESSAGE: Final = 16 * 1024 * 1024
"""Bytes. One entry with its photographs and its 100,000 members fits; a hostile length does not."""

MAX_REFERENCES: Final = 1_000
"""In the answer to one search. They are counted and not followed."""

MAX_ATTRIBUTES: Final = 10_000
"""In one entry."""

_LEAST_ATTRIBUTE: Final = 6
"""Bytes of an attribute without name or content: the headers of name, values and one value."""

SEARCH_ENTRY: Final = 0x64
SEARCH_DONE: Final = 0x65
SEARCH_REFERENCE: Final = 0x73
EXTENDED: Final = 0x78
INTERMEDIATE: Final = 0x79
_CONTROLS: Final = 0xA0
_PLAIN_SUCCESS: Final = b"\x0a\x01\x00\x04\x00\x04\x00"
"""A result of 0 with an empty name and an empty text, as most answers are."""
_RESPONSE_NAME: Final = 0x80
_RESPONSE_VALUE: Final = 0x81
_RESULTS: Final = frozenset({SEARCH_DONE, 0x67, 0x69, 0x6B, 0x6D, 0x6F, EXTENDED})
NOTICE_OF_DISCONNECTION: Final = 0
"""The message id of what the server says without being asked (RFC 4511 §4.4)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it came: attribute descriptions as the server spells them."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]
    controls: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Response:
    """The whole answer to one request: its result, and before it the entries of a search."""

    code: int = -1
    matched_dn: str = ""
    diagnostic: str = ""
    controls: Mapping[str, bytes] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    references: int = 0
    """How many parts of the search the server left to other servers."""
    intermediates: list[bytes] = field(default_factory=list)
    """The values of what the server said besides entries (RFC 4511 §4.13)."""


def frame_end(data: bytearray, position: int) -> int | None:
    """Where the message that begins at `position` ends; None if that cannot be told yet."""
    found = header(data, position, MAX_MESSAGE)
    if found is None:
        return None
    if found[0] != SEQUENCE:
        raise MalformedError("a message does not begin as one")
    return found[2]


def read_into(message: bytes, pending: Mapping[int, Response], limits: Mapping[int, int]) -> int | None:
    """Take one message into the answer it belongs to. Its id if that answer is now complete."""
    body = Reader(message).inner(SEQUENCE)
    message_id = body.number(INTEGER)
    tag = body.peek()
    if message_id == NOTICE_OF_DISCONNECTION:
        raise MalformedError(f"the server ends the session: {_notice(body)}")
    response = pending.get(message_id)
    if response is None:
        raise MalformedError(f"an answer to message {message_id}, which is not waited for")
    if _take_part(tag, body, response, limits[message_id]):
        return None
    if tag not in _RESULTS:
        raise MalformedError(f"an answer of the unknown kind {tag}")
    _read_result(body, response)
    return message_id


def _take_part(tag: int | None, body: Reader, response: Response, limit: int) -> bool:
    """Take what comes before the result; whether it was that. A server that says more than was asked for is cut off."""
    if tag == SEARCH_ENTRY:
        if len(response.entries) >= limit:
            raise MalformedError("more entries than were asked for")
        response.entries.append(_read_found(body))
    elif tag == INTERMEDIATE:
        if len(response.intermediates) >= limit:
            raise MalformedError("more was said than was asked for")
        response.intermediates.append(_read_intermediate(body.inner(INTERMEDIATE)))
    elif tag == SEARCH_REFERENCE:
        body.take(SEARCH_REFERENCE)
        response.references += 1
        if response.references > MAX_REFERENCES:
            raise MalformedError("a search without end: more references than any directory has")
    else:
        return False
    return True


def _read_result(body: Reader, response: Response) -> None:
    result = body.inner(body.peek() or 0)
    if result.rest() == _PLAIN_SUCCESS:
        response.code = 0
    else:
        _read_parts(result, response)
    if body.peek() == _CONTROLS:
        response.controls = _controls(body.inner(_CONTROLS))


def _read_parts(result: Reader, response: Response) -> None:
    response.code = result.number(ENUMERATED)
    response.matched_dn = _text(result.content(OCTETS))
    response.diagnostic = _text(result.content(OCTETS))
    while result:
        result.take()


def _read_found(body: Reader) -> Entry:
    """An entry, and the controls that came with it."""
    entry = read_entry(body.inner(SEARCH_ENTRY))
    if body.peek() != _CONTROLS:
        return entry
    return Entry(entry.dn, entry.attributes, _controls(body.inner(_CONTROLS)))


def _read_intermediate(said: Reader) -> bytes:
    """The value; no adapter's request is answered by one whose name must be known to tell it."""
    if said.peek() == _RESPONSE_NAME:
        said.take()
    return said.content(_RESPONSE_VALUE) if said else b""


def _notice(body: Reader) -> str:
    notice = Response()
    if body.peek() != EXTENDED:
        return "without a reason"
    _read_result(body, notice)
    return notice.diagnostic or f"result {notice.code}"


def _controls(listed: Reader) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    while listed:
        control = listed.inner(SEQUENCE)
        oid = _text(control.content(OCTETS))
        if control.peek() == BOOLEAN:
            control.take()
        found[oid] = control.content(OCTETS) if control.peek() == OCTETS else b""
    return found


def read_entry(body: Reader) -> Entry:
    dn = _text(body.content(OCTETS))
    _, position, end = body.take(SEQUENCE)
    data = body.data
    attributes: dict[str, list[bytes]] = {}
    while position < end:
        if len(attributes) >= MAX_ATTRIBUTES:
            raise MalformedError("an entry has more attributes than any schema")
        following = _short_attribute(data, position, end, attributes)
        if following is None:
            listed = Reader(data, position, end)
            attribute = listed.inner(SEQUENCE)
            name = _text(attribute.content(OCTETS))
            attributes[name] = attribute.inner(SET).all(OCTETS)
            following = listed.position
        position = following
    return Entry(dn, attributes)


def _short_attribute(data: bytes, position: int, end: int, attributes: dict[str, list[bytes]]) -> int | None:
    """Take an attribute of one short value, as nearly all are in an import: where the next begins. None if it is not
    exactly that, element by element; nothing is taken then."""
    size = data[position + 1] if position + 1 < end else 0
    following = position + 2 + size
    if not _LEAST_ATTRIBUTE <= size < SHORT or following > end:
        return None
    name = position + 4
    values = name + data[position + 3]
    if values + 4 > following:
        return None
    value = values + 4
    if (
        data[position] != SEQUENCE
        or data[position + 2] != OCTETS
        or data[values] != SET
        or data[values + 2] != OCTETS
        or values + 2 + data[values + 1] != following
        or value + data[values + 3] != following
    ):
        return None
    attributes[data[name:values].decode("utf-8", "replace")] = [data[value:following]]
    return following


def read_post_read(value: bytes) -> Entry:
    """The entry that the post-read control brings (RFC 4527 §3.2)."""
    return read_entry(Reader(value).inner(SEARCH_ENTRY))


def read_cookie(value: bytes) -> bytes:
    """The cookie of the next page, empty after the last (RFC 2696)."""
    page = Reader(value).inner(SEQUENCE)
    page.number()
    return page.content(OCTETS)


def _text(content: bytes) -> str:
    # What is shown to people need not be exact; a DN that is not UTF-8 would be a broken server.
    return content.decode("utf-8", "replace")
