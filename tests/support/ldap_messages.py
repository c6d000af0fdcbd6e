"""LDAP messages as a server reads and writes them, for servers of the tests' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.ldap import ber
from adapters.ldap.decoding import frame_end

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

BIND, EXTENDED, SEARCH_DONE, DELETE = 0x61, 0x78, 0x65, 0x6B


def requests(peer: socket.socket) -> Iterator[tuple[int, int]]:
    """The id and the tag of each request that arrives."""
    buffer = bytearray()
    while data := peer.recv(65536):
        buffer += data
        while (end := frame_end(buffer, 0)) is not None and end <= len(buffer):
            body = ber.Reader(bytes(buffer[:end])).inner(ber.SEQUENCE)
            yield body.number(), body.peek() or 0
            del buffer[:end]


def message(message_id: int, operation: bytes) -> bytes:
    return ber.sequence(ber.integer(message_id), operation)


def result(message_id: int, tag: int, code: int = 0) -> bytes:
    content = ber.integer(code, ber.ENUMERATED) + ber.octets(b"") + ber.octets(b"")
    return message(message_id, ber.element(tag, content))


def entry(message_id: int, attributes: int = 1, size: int = 10) -> bytes:
    """An entry with so many attributes, each with one value of so many bytes."""
    listed = (ber.sequence(ber.octets(b"a%d" % number), ber.set_of([b"x" * size])) for number in range(attributes))
    return message(message_id, ber.element(0x64, ber.octets(b"cn=x") + ber.sequence(*listed)))


def reference(message_id: int) -> bytes:
    return message(message_id, ber.element(0x73, ber.octets(b"ldap://127.0.0.1:9/")))


def bound(peer: socket.socket) -> Iterator[tuple[int, int]]:
    """Takes the bind, and then gives the requests."""
    arriving = requests(peer)
    message_id, _ = next(arriving)
    peer.sendall(result(message_id, BIND))
    return arriving
