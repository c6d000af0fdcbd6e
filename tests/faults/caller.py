"""A caller who streams operations through whatever becomes of the bridge."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from bridge.client import Settled, StreamEvent
from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from tests.crash.bridge_process import BridgeProcess


class Caller:
    """Streams in a thread of its own, and sends again what has no result yet."""

    def __init__(self, bridge: BridgeProcess, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.events: list[StreamEvent] = []
        self._bridge = bridge
        self._released = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._call, daemon=True)
        self._thread.start()

    def _call(self) -> None:
        with self._bridge.client() as client:
            self.events.extend(client.stream(self._paced(), patience=60))

    def _paced(self) -> Iterator[Operation]:
        """A few at a time, so that there are many commits."""
        for each in self.operations:
            self._released.acquire(timeout=0.004)
            yield each

    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> None:
        self._thread.join(90)
        assert not self._thread.is_alive()

    @property
    def settled(self) -> list[State]:
        return [each.status.state for each in self.events if isinstance(each, Settled)]
