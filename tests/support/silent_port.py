"""Ports of this machine at which nobody, or nobody useful, answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager


def closed_port() -> int:
    """A port that refuses connections."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]
