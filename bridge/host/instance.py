"""One adapter instance and the thread that it lives in.

The thread is made with the instance and never serves another: when a call overruns its deadline both are abandoned.
Used by `facade` only.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from bridge.model.errors import BadCredentialsError, BridgeError, ConnectionFailedError, Scope, ThrottledError
from bridge.sdk.config import AdapterConfig
from bridge.sdk.spi import Adapter

log = structlog.get_logger(__name__)

AnswerT = TypeVar("AnswerT")
AnyAdapter = Adapter[AdapterConfig]

IDLE_SECONDS = 10.0
"""An instance that rested longer is asked whether its connection still stands before it is used."""

_SURELY_NOT_SENT = (ConnectionFailedError, BadCredentialsError, ThrottledError)

_Call = tuple[Callable[[], Any], asyncio.Future[Any], asyncio.AbstractEventLoop]


class Instance:
    """Calls run one after the other in the instance's own thread."""

    def __init__(self, make: Callable[[], AnyAdapter], name: str) -> None:
        self._make = make
        self._name = name
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._adapter: AnyAdapter | None = None
        self._used = 0.0
        # A daemon, so that a hung target never keeps the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"adapter-{name}", daemon=True)
        self._thread.start()

    def call(self, work: Callable[[AnyAdapter], AnswerT]) -> asyncio.Future[AnswerT]:
        """Run `work` with the opened adapter, in its thread. Opening it is part of the call."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[AnswerT] = loop.create_future()
        self._calls.put((lambda: self._with_adapter(work), future, loop))
        return future

    def end(self) -> None:
        """Close the adapter and end the thread, once the calls before are done."""
        self._calls.put(None)

    def _with_adapter(self, work: Callable[[AnyAdapter], AnswerT]) -> AnswerT:
        adapter = self._opened()
        try:
            return work(adapter)
        except BaseException as error:
            if not (isinstance(error, BridgeError) and error.scope is Scope.OBJECT):
                # The connection may be in any state now.
                self._close()
            raise
        finally:
            self._used = time.monotonic()

    def _opened(self) -> AnyAdapter:
        if self._adapter is not None and time.monotonic() - self._used > IDLE_SECONDS:
            self._check(self._adapter)
        if self._adapter is None:
            adapter = self._make()
            try:
                adapter.open()
            except BaseException as error:
                self._let_go(adapter)
                if isinstance(error, BridgeError) and not isinstance(error, _SURELY_NOT_SENT):
                    # Nothing was said of any object yet, so no operation is rejected for it, or in doubt.
                    raise ConnectionFailedError(error.message) from error
                raise
            self._adapter = adapter
        return self._adapter

    def _check(self, adapter: AnyAdapter) -> None:
        try:
            adapter.check_alive()
        except Exception:  # noqa: BLE001 - dead is dead; opening anew tells why, if it still is
            self._close()

    def _close(self) -> None:
        adapter, self._adapter = self._adapter, None
        if adapter is not None:
            self._let_go(adapter)

    def _let_go(self, adapter: AnyAdapter) -> None:
        """What it raises while it closes changes nothing of what it said before, and must not end its thread."""
        try:
            adapter.close()
        except Exception as error:
            log.exception("adapter_bug", connector=self._name, error=type(error).__qualname__)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            work, future, loop = call
            try:
                answer = work()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever awaits the future
                _tell(loop, future, future.set_exception, error)
            else:
                _tell(loop, future, future.set_result, answer)
        self._close()


def _tell(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], setter: Callable[[Any], None], value: object
) -> None:
    def tell() -> None:
        if not future.done():
            setter(value)

    # The loop is closed only when the process ends; an abandoned call then has nobody to tell.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)
