"""A sealed connection behaves as a socket that never blocks, and believes nothing that is not sealed."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from adapters.ldap.sealing import LENGTH, LONGEST, SealedSocket

if TYPE_CHECKING:
    from collections.abc import Iterator


class Backwards:
    """A seal that anybody can break: each part is written backwards, with a mark."""

    most = 1000

    def wrap(self, plain: bytes) -> bytes:
        return b"!" + plain[::-1]

    def unwrap(self, sealed: bytes) -> bytes:
        if not sealed.startswith(b"!"):
            raise OSError("not sealed")
        return sealed[:0:-1]


def part(plain: bytes) -> bytes:
    sealed = Backwards().wrap(plain)
    return len(sealed).to_bytes(LENGTH, "big") + sealed


@pytest.fixture
def ends() -> Iterator[tuple[SealedSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    sealed = SealedSocket(ours, Backwards())
    sealed.settimeout(0)
    with closing(sealed), theirs:
        yield sealed, theirs


def test_what_is_sent_is_sealed_in_parts_that_the_server_takes(ends: tuple[SealedSocket, socket.socket]):
    ours, theirs = ends
    assert ours.send(b"x" * 1500) == Backwards.most
    assert theirs.recv(65536) == part(b"x" * Backwards.most)


def test_a_part_that_goes_out_in_pieces_is_told_once(ends: tuple[SealedSocket, socket.socket]):
    ours, theirs = ends
    pieces = [bytes((number % 256,)) * Backwards.most for number in range(2_000)]
    received = bytearray()

    def read() -> None:
        while data := theirs.recv(65536):
            received.extend(data)

    reader = threading.Thread(target=read)
    for piece in pieces:
        while True:
            with suppress(BlockingIOError):
                assert ours.send(piece) == len(piece)
                break
            # The buffers are full, as a rule in the middle of a part: the same piece is offered again.
            if not reader.ident:
                reader.start()
            select.select([], [ours], [])
    assert reader.ident, "the buffers were never full"
    ours.close()
    reader.join()
    assert received == b"".join(part(each) for each in pieces)


def test_what_arrives_is_read_part_by_part(ends: tuple[SealedSocket, socket.socket]):
    ours, theirs = ends
    with pytest.raises(BlockingIOError):
        ours.recv(100)
    theirs.sendall(part(b"one") + part(b"two") + part(b"three")[:5])
    assert ours.recv(65536) == b"onetwo"
    with pytest.raises(BlockingIOError):
        ours.recv(100)
    theirs.sendall(part(b"three")[5:])
    assert ours.recv(65536) == b"three"
    theirs.shutdown(socket.SHUT_RDWR)
    assert ours.recv(65536) == b""


@pytest.mark.parametrize(
    "said", [(3).to_bytes(LENGTH, "big") + b"abc", (LONGEST + 1).to_bytes(LENGTH, "big"), b"\xff" * LENGTH]
)
def test_what_is_not_sealed_or_too_long_is_refused(ends: tuple[SealedSocket, socket.socket], said: bytes):
    ours, theirs = ends
    theirs.sendall(said)
    with pytest.raises(OSError, match="sealed"):
        ours.recv(65536)
