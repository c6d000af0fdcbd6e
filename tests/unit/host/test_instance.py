"""An adapter that fails while it closes: its thread lives on, and what it had said before is what counts."""

from __future__ import annotations

import threading

import pytest

from bridge.host.instance import Instance
from bridge.model import ConnectionFailedError, ConnectorName
from bridge.model.secrets import Secret
from bridge.sdk.context import AdapterContext
from bridge.sdk.testing.memory import forget_store
from bridge.sdk.testing.memory.adapter import MemoryAdapter
from bridge.sdk.testing.memory.config import MemoryConfig


class FailsAtTheEnd(MemoryAdapter):
    def close(self) -> None:
        super().close()
        raise OSError("the connection is gone")


def made() -> FailsAtTheEnd:
    context = AdapterContext(ConnectorName("staff"), lambda _: Secret("unused"))
    return FailsAtTheEnd(MemoryConfig(store="closing"), context)


def fail(_: object) -> None:
    raise ConnectionFailedError("the target is not reached")


async def test_an_adapter_that_fails_while_it_closes(monkeypatch: pytest.MonkeyPatch):
    died: list[object] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    instance = Instance(made, "staff")
    with pytest.raises(ConnectionFailedError):
        await instance.call(fail)
    assert await instance.call(lambda adapter: adapter.test())
    (thread,) = [each for each in threading.enumerate() if each.name == "adapter-staff"]
    instance.end()
    thread.join(10)
    assert died == []
    forget_store("closing")
