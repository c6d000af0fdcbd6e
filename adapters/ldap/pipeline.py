"""Send many requests over one socket while reading their answers. Made by `connecting`, called by `client`.

Nothing here waits with both directions full: the socket never blocks, and a bounded window of requests is unanswered
at a time. What is known at the end about each request is exact: answered, surely never sent, or possibly sent.
"""

from __future__ import annotations

import contextlib
import selectors
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from adapters.ldap.ber import MalformedError
from adapters.ldap.decoding import Response, frame_end, read_into
from adapters.ldap.encoding import UNBIND, Effect, Request
from bridge.sdk import BridgeError, ConnectionBrokenError, ConnectionFailedError, OperationTimeoutError

WINDOW: Final = 256
"""Requests. slapd closes a connection with more than 1,000 waiting (conn_max_pending_auth)."""

REFILL: Final = 64
"""Requests that go out together at least, if there are so many: each send costs a system call, and a record of TLS."""

CHUNK: Final = 16 * 1024
"""Bytes offered to the socket at a time, one TLS record: what was not offered was surely not sent."""

RECEIVE: Final = 256 * 1024
"""Bytes taken from the socket at a time."""

MAX_EXCHANGE: Final = 256 * 1024 * 1024
"""Bytes that the answers of one exchange may have together: they are all held until it ends."""

Answer = Response | BridgeError


class Channel(Protocol):
    """A socket, in clear, with TLS or sealed."""

    def send(self, data: memoryview | bytes, /) -> int: ...

    def recv(self, size: int, /) -> bytes: ...

    def settimeout(self, seconds: float, /) -> None: ...

    def fileno(self) -> int: ...

    def close(self) -> None: ...


class LostError(Exception):
    """The connection is of no more use; the text says why."""


class Pipeline:
    """One connected socket. After LostError it is only good for closing."""

    def __init__(self, connected: Channel, next_id: Callable[[], int], timeout: float) -> None:
        connected.settimeout(0)
        self._socket = connected
        self._next_id = next_id
        self._timeout = timeout
        self._selector = selectors.DefaultSelector()
        self._selector.register(connected, selectors.EVENT_READ)
        self._received = bytearray()
        self._hung_up = False
        self.lost = ""
        """Why the connection is of no more use; empty while it is of use."""

    def close(self) -> None:
        """Say goodbye if that is possible without waiting, and let go."""
        with contextlib.suppress(OSError):
            self._socket.send(Request(UNBIND, b"", Effect.READS).message(self._next_id()))
        self._selector.close()
        self._socket.close()

    def check(self) -> None:
        """LostError if the server has hung up or said anything while nothing was asked."""
        if self._receive() or self._hung_up:
            raise LostError("the server ended the session")

    def exchange(self, requests: Sequence[Request], timeout: float | None = None) -> list[Answer]:
        """One answer for each request, in their order. An error stands where the answer was lost; see `lost` then.
        `timeout` takes the place of the usual one, in seconds."""
        run = _Exchange(requests)
        seconds = self._timeout if timeout is None else timeout
        try:
            self._carry_out(run, seconds)
        except TimeoutError:
            self.lost = f"no answer within {seconds:g} s"
            return run.answers(self.lost, OperationTimeoutError)
        except (LostError, MalformedError, OSError) as error:
            self.lost = str(error)
            return run.answers(self.lost, ConnectionBrokenError)
        return run.answers("", ConnectionBrokenError)

    def _carry_out(self, run: _Exchange, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while run.waits():
            run.fill(self._next_id)
            sent, received = self._send(run), self._receive()
            answered = self._dispatch(run)
            if self._hung_up and run.waits():
                raise LostError("the server closed the connection")
            # Bytes that make no whole message are no answer: a server that drips them is waited for no longer.
            if sent or answered:
                deadline = time.monotonic() + seconds
            elif time.monotonic() >= deadline:
                raise TimeoutError
            if not sent and not received:
                self._wait(run, deadline)

    def _wait(self, run: _Exchange, deadline: float) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if run.outgoing else 0)
        self._selector.modify(self._socket, events)
        self._selector.select(max(0.0, deadline - time.monotonic()))

    def _send(self, run: _Exchange) -> bool:
        if not run.outgoing:
            return False
        run.offered = run.next
        try:
            sent = self._socket.send(run.outgoing[:CHUNK])
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        run.outgoing = run.outgoing[sent:]
        return sent > 0

    def _receive(self) -> bool:
        """Take some of what has arrived; whether there was anything."""
        try:
            data = self._socket.recv(RECEIVE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        self._hung_up = not data
        self._received += data
        return bool(data)

    def _dispatch(self, run: _Exchange) -> bool:
        """Take the whole messages among what has arrived; whether there were any."""
        position = 0
        while (end := frame_end(self._received, position)) is not None and end <= len(self._received):
            run.take(bytes(self._received[position:end]))
            position = end
        del self._received[:position]
        run.taken += position
        if run.taken > MAX_EXCHANGE:
            raise LostError("the answers are longer than all requests together may have; lower page_size")
        return position > 0


class _Exchange:
    """The state of one exchange: what went out, what is waited for, what came back."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests
        self._responses: dict[int, Response] = {}
        self._pending: dict[int, Response] = {}
        self._limits: dict[int, int] = {}
        self._positions: dict[int, int] = {}
        self.next = 0
        self.offered = 0
        self.taken = 0
        """Bytes of the messages so far."""
        self.outgoing = memoryview(b"")

    def waits(self) -> bool:
        return bool(self._pending) or self.next < len(self._requests)

    def fill(self, next_id: Callable[[], int]) -> None:
        """Encode the next requests once the last ones are out, as far as window and chunk allow."""
        if self.outgoing or len(self._pending) > WINDOW - REFILL:
            return
        parts: list[bytes] = []
        size = 0
        while self.next < len(self._requests) and len(self._pending) < WINDOW and size < CHUNK:
            message_id = next_id()
            request = self._requests[self.next]
            parts.append(request.message(message_id))
            size += len(parts[-1])
            self._pending[message_id] = Response()
            self._limits[message_id] = request.max_entries
            self._positions[message_id] = self.next
            self.next += 1
        self.outgoing = memoryview(b"".join(parts))

    def take(self, message: bytes) -> None:
        done = read_into(message, self._pending, self._limits)
        if done is not None:
            self._responses[self._positions[done]] = self._pending.pop(done)

    def answers(self, reason: str, doubt: type[BridgeError]) -> list[Answer]:
        return [
            self._responses.get(position) or self._without(position, reason, doubt)
            for position in range(len(self._requests))
        ]

    def _without(self, position: int, reason: str, doubt: type[BridgeError]) -> BridgeError:
        if position < self.offered and self._requests[position].effect is Effect.WRITES:
            return doubt(f"the answer was lost: {reason}")
        return ConnectionFailedError(f"the connection was lost before the request took effect: {reason}")
