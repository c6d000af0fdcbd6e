"""A bridge on a Unix socket in a private directory, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.client import BridgeClient
from bridge.ingress.rpc import CallerDirectory, SocketListener
from tests.integration.rpc.bridge import ME, RunningBridge, running


@pytest.fixture
def private(tmp_path: Path) -> Path:
    directory = tmp_path / "private"
    directory.mkdir(mode=0o700)
    return directory


@pytest.fixture
def bridge(private: Path) -> Iterator[RunningBridge]:
    listener = SocketListener(private / "socket")
    with running(private, CallerDirectory(socket=ME), socket=listener) as started:
        yield started


@pytest.fixture
def client(bridge: RunningBridge) -> Iterator[BridgeClient]:
    with BridgeClient(bridge.target, timeout=20) as connected:
        yield connected
