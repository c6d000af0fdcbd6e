"""A relay between an adapter and its server that loses the connection at a chosen moment."""

from __future__ import annotations

import contextlib
import socket
import threading
from enum import StrEnum
from typing import Self


class Cut(StrEnum):
    """What becomes of the bytes that the proxy cuts at."""

    BEFORE = "before"
    """The server never sees them."""
    AFTER = "after"
    """The server gets them and answers; the answer is lost."""


class TcpProxy:
    """Listens on the loopback; `cut_at` arms it."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._closed = False
        self._refuses = False
        self._pattern: tuple[bytes, Cut] | None = None
        self._muted: dict[socket.socket, threading.Event] = {}
        self.falsify = False
        """Change the last byte of what the server says."""
        self.slice = 65536
        """Bytes handed to the client at a time."""
        self.returned = 0
        """Bytes that the server has sent."""
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut_at(self, pattern: bytes, how: Cut) -> None:
        """Lose the connection the next time that the client sends these bytes."""
        self._pattern = (pattern, how)

    @property
    def has_cut(self) -> bool:
        """Whether the bytes of `cut_at` came."""
        return self._pattern is None

    def drop(self) -> None:
        """Lose every connection; new ones are taken."""
        with self._lock:
            for pair in self._pairs:
                for end in pair:
                    _end(end)
            self._pairs.clear()

    def refuse(self) -> None:
        """Lose every connection, and each new one at once, until `accept`."""
        self._refuses = True
        self.drop()

    def accept(self) -> None:
        """Take connections again."""
        self._refuses = False

    def close(self) -> None:
        """Lose every connection and refuse new ones."""
        self._closed = True
        _end(self._listener)
        self.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._refuses:
                    _end(client)
                    continue
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server = socket.create_connection(self._server)
                with self._lock:
                    self._pairs.append((client, server))
                    if self._closed:
                        _end(client)
                        _end(server)
                        return
                for relay, ends in ((self._to_server, (client, server)), (self._to_client, (server, client))):
                    thread = threading.Thread(target=relay, args=ends, daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if self._pattern is not None and self._pattern[0] in data:
                    self._lose(client, server, data)
                    return
                server.sendall(data)
        _end(server)

    def _lose(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        assert self._pattern is not None
        _, how = self._pattern
        self._pattern = None
        if how is Cut.AFTER:
            answered = self._muted[client] = threading.Event()
            server.sendall(data)
            # The client learns of the loss after the server is done, so that a test can look at once.
            answered.wait(timeout=5)
        _end(server)
        _end(client)

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if client in self._muted:
                    self._muted[client].set()
                    return
                self.returned += len(data)
                if self.falsify:
                    data = data[:-1] + bytes((data[-1] ^ 1,))
                for start in range(0, len(data), self.slice):
                    client.sendall(data[start : start + self.slice])
        _end(client)


def _end(end: socket.socket) -> None:
    # Shut down first: a thread that waits in accept or recv does not notice a close.
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
