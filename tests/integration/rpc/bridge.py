"""A whole bridge in a thread of its own, so that tests talk to it as callers do: from outside.

Its target is a store in memory; `cut_off` makes it unreachable, so that operations stay open until `let_in`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from bridge.config.settings import ConnectorSettings
from bridge.engine.engine import BridgeEngine
from bridge.host.catalog import Catalog, HostedConnector
from bridge.host.health import BAD_CREDENTIALS_TRIES
from bridge.ingress.rpc import CallerDirectory, Gate, RpcServer, SocketListener, TlsListener
from bridge.journal import Journal, Limits
from bridge.model import (
    BadCredentialsError,
    Caller,
    CallerName,
    ConnectorName,
    Create,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    OperationFilter,
    OperationId,
    Secret,
    new_operation_id,
)
from bridge.sdk.testing.memory import ADAPTER, forget_store, named_store

Answer = TypeVar("Answer")

PEOPLE = ConnectorName("people")
PAYROLL = ConnectorName("payroll")
ME = Caller(CallerName("hr"), frozenset({PEOPLE}))

PATIENCE = 20.0


class RunningBridge:
    """`run` and `call` reach into the bridge's event loop."""

    def __init__(
        self, directory: Path, callers: CallerDirectory, socket: SocketListener | None, tls: TlsListener | None
    ) -> None:
        self.gate = Gate(callers)
        self.limits = Limits(pending=1_000_000, disk_reserve=0)
        self._directory = directory
        self._socket = socket
        self._tls = tls
        self._opened = contextlib.AsyncExitStack()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bridge", daemon=True)
        self._thread.start()

    @property
    def target(self) -> str:
        """What a client on the Unix socket connects to."""
        assert self._socket is not None
        return f"unix://{self._socket.path}"

    @property
    def address(self) -> str:
        """What a client on TLS connects to."""
        return f"127.0.0.1:{self.server.tls_port}"

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def start(self) -> None:
        self.run(self._start())

    async def _start(self) -> None:
        opened = self._opened
        self.journal = Journal(self._directory / "journal", self.limits, _journal_failed)
        opened.push_async_callback(self.journal.close)
        catalog = self.catalog = Catalog({name: self._connector(name) for name in (PEOPLE, PAYROLL)})
        opened.callback(catalog.close)
        for each in catalog:
            await each.open()
        self.engine = BridgeEngine(self.journal, catalog, lambda _, __: True)
        stopping = asyncio.Event()
        working = asyncio.create_task(self.engine.run(stopping))
        opened.push_async_callback(lambda: working)
        opened.callback(stopping.set)
        self.server = RpcServer(self.engine, self.gate, socket=self._socket, tls=self._tls)
        await self.server.start()
        opened.push_async_callback(self.server.stop, 0)

    def _connector(self, name: ConnectorName) -> HostedConnector:
        settings = ConnectorSettings(
            adapter=ADAPTER.name,
            workers=ADAPTER.workers,
            batch_size=ADAPTER.batch_size,
            settle_seconds=ADAPTER.settle_time,
            retry_first_seconds=0.05,
            retry_longest_seconds=0.1,
            canary_seconds=0.1,
            settings=ADAPTER.load_config()(store=self._store_name(name)),
        )
        return HostedConnector(name, ADAPTER, settings, lambda _: Secret("unused"), self._directory)

    def _store_name(self, name: ConnectorName) -> str:
        return f"{self._directory} {name}"

    def stop(self) -> None:
        self.run(self._opened.aclose())

    def restart(self) -> None:
        """Every stream breaks; what was accepted is on disk. The target can be reached again."""
        self.stop()
        self.let_in()
        self.start()

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for name in (PEOPLE, PAYROLL):
            forget_store(self._store_name(name))

    def cut_off(self) -> None:
        """The target answers no more: operations are accepted and stay open."""
        named_store(self._store_name(PEOPLE)).reachable = False

    def let_in(self) -> None:
        """The target answers again."""
        named_store(self._store_name(PEOPLE)).reachable = True

    def hold(self, reason: str) -> None:
        """As if the target had refused the bridge's account: nothing is sent until a test succeeds."""
        refused = BadCredentialsError(reason).failure

        async def hold() -> None:
            for _ in range(BAD_CREDENTIALS_TRIES):
                self.catalog[PEOPLE].breaker.refused(refused, time.monotonic(), time.time())

        self.run(hold())

    def accepted(self) -> list[OperationId]:
        """Everything on disk, in the order of acceptance."""
        found = self.run(self.engine.operations(ME, OperationFilter(limit=100_000)))
        return [each.id for each in found]

    def quiet(self) -> None:
        """Until nothing more is accepted: what keeps a caller back is not an event that could be waited for."""
        before = -1
        while before != (now := len(self.accepted())) or not now:
            before = now
            self.run(asyncio.sleep(0.3))


def _journal_failed(error: BaseException) -> None:
    raise AssertionError("the journal failed") from error


@contextlib.contextmanager
def running(
    directory: Path,
    callers: CallerDirectory,
    *,
    socket: SocketListener | None = None,
    tls: TlsListener | None = None,
) -> Iterator[RunningBridge]:
    """A bridge whose journal is in the directory."""
    bridge = RunningBridge(directory, callers, socket, tls)
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
