"""A connection whose bytes the session of the bind encrypts: the security layer of SASL (RFC 4422 §3.7).

Made by `binding`, used by `pipeline` in the place of a socket, which it behaves like: it never blocks, and what it did
not take whole is offered to it again.
"""

from __future__ import annotations

import socket
from typing import Final, Protocol

LENGTH: Final = 4
LONGEST: Final = 2**24 - 1
"""Bytes of one sealed part that we take; RFC 4752 §3.3 has three bytes for the number."""


class Seal(Protocol):
    """What the bind left behind. Both raise OSError where the other side's part is not genuine."""

    @property
    def most(self) -> int:
        """Bytes that one part may hold, so that the server takes it."""
        ...

    def wrap(self, plain: bytes) -> bytes: ...

    def unwrap(self, sealed: bytes) -> bytes: ...


class SealedSocket:
    """Parts with their length before each, as TLS has its records."""

    def __init__(self, connected: socket.socket, seal: Seal) -> None:
        self._socket = connected
        self._seal = seal
        self._outgoing = memoryview(b"")
        self._taken = 0
        """Plain bytes of what is on its way."""
        self._received = bytearray()

    def send(self, data: memoryview | bytes) -> int:
        """As `SSLSocket.send`: BlockingIOError until all of a part went out; the same data is then offered again."""
        if not self._outgoing:
            plain = bytes(data[: self._seal.most])
            sealed = self._seal.wrap(plain)
            self._outgoing = memoryview(len(sealed).to_bytes(LENGTH, "big") + sealed)
            self._taken = len(plain)
        while self._outgoing:
            self._outgoing = self._outgoing[self._socket.send(self._outgoing) :]
        return self._taken

    def recv(self, size: int) -> bytes:
        """All that has arrived whole; BlockingIOError if nothing has, no bytes at the end."""
        data = self._socket.recv(size)
        self._received += data
        plain = b"".join(iter(self._next, b""))
        if data and not plain:
            raise BlockingIOError
        return plain

    def _next(self) -> bytes:
        """The content of the next whole part; no bytes if there is none."""
        length = int.from_bytes(self._received[:LENGTH], "big")
        if length > LONGEST:
            raise OSError("a sealed part is longer than was agreed")
        if len(self._received) < LENGTH or len(self._received) < LENGTH + length:
            return b""
        sealed = bytes(self._received[LENGTH : LENGTH + length])
        del self._received[: LENGTH + length]
        return self._seal.unwrap(sealed)

    def settimeout(self, seconds: float) -> None:
        self._socket.settimeout(seconds)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()
