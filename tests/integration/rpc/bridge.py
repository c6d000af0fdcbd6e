"""A gRPC ingress that runs in a thread of its own, so that tests talk to it as callers do: from outside."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from bridge.ingress.rpc import CallerDirectory, Gate, RpcServer, SocketListener, TlsListener
from bridge.model import (
    Caller,
    CallerName,
    ConnectorName,
    Create,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    new_operation_id,
)
from tests.integration.rpc.engine import SmallEngine

Answer = TypeVar("Answer")

PEOPLE = ConnectorName("people")
ME = Caller(CallerName("hr"), frozenset({PEOPLE}))


class RunningBridge:
    """One server; `run` and `call` reach into its event loop."""

    def __init__(self, directory: CallerDirectory, socket: Path | None, tls: TlsListener | None) -> None:
        self.engine = SmallEngine()
        self.gate = Gate(directory)
        self._socket = SocketListener(socket) if socket else None
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bridge")
        self._thread.start()
        self.server = self._new_server()

    @property
    def target(self) -> str:
        """What a client on the Unix socket connects to."""
        assert self._socket is not None
        return f"unix://{self._socket.path}"

    @property
    def address(self) -> str:
        """What a client on TLS connects to."""
        return f"127.0.0.1:{self.server.tls_port}"

    def _new_server(self) -> RpcServer:
        return RpcServer(self.engine, self.gate, socket=self._socket, tls=self._tls)

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def call(self, function: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(function)

    def start(self) -> None:
        self.run(self.server.start())

    def stop(self, grace: float = 0) -> None:
        self.run(self.server.stop(grace))

    def restart(self) -> None:
        """As a process that was killed and started again: every stream breaks, what was accepted is still there."""
        self.stop()
        self.server = self._new_server()
        self.start()

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextlib.contextmanager
def running(
    directory: CallerDirectory, *, socket: Path | None = None, tls: TlsListener | None = None
) -> Iterator[RunningBridge]:
    bridge = RunningBridge(directory, socket, tls)
    try:
        bridge.start()
        yield bridge
    finally:
        bridge.close()


def create(name: str = "ada", connector: ConnectorName = PEOPLE) -> Operation:
    """A create of a user of that name."""
    target = ObjectRef(ObjectType("user"), name=Name(name))
    attributes = {"mail": (f"{name}@example.org",), "enabled": (True,)}
    return Operation(new_operation_id(), ME.name, connector, target, Create(attributes))
