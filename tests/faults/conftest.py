"""A real bridge to the reference adapters on files, and operations for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.crash.bridge_process import BridgeProcess

MakeBridge = Callable[..., BridgeProcess]


@pytest.fixture
def make_bridge(tmp_path: Path) -> Iterator[MakeBridge]:
    """Makes bridges that are killed at the end; without connectors, one named `memory` on a file."""
    with ExitStack() as stack:

        def make(connectors: dict[str, Any] | None = None, name: str = "bridge", **more: Any) -> BridgeProcess:
            directory = tmp_path / name
            directory.mkdir(mode=0o700)
            memory = {"memory": {"adapter": "memory", "settings": {"file": str(tmp_path / "target.sqlite")}}}
            return stack.enter_context(BridgeProcess(directory, connectors or memory, **more))

        yield make


@pytest.fixture
def bridge(make_bridge: MakeBridge) -> BridgeProcess:
    return make_bridge()
