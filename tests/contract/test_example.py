"""The adapter of docs/writing-an-adapter.md keeps the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.sdk import Name
from bridge.sdk.testing.contract import Connector, Nul, ObjectSample, SampleObjects, contract_suite
from tests.examples.folder import ADAPTER, USER

SAMPLE = SampleObjects(object=ObjectSample(object_type=USER, name=Name), text="title", many="mail", nul=Nul.KEPT)


@pytest.fixture
def folder(tmp_path: Path) -> Connector:
    (tmp_path / "users").mkdir()
    return Connector({"path": str(tmp_path / "users")})


@pytest.fixture
def nowhere(tmp_path: Path) -> Connector:
    return Connector({"path": str(tmp_path / "none")})


@pytest.fixture
def break_target(tmp_path: Path) -> Iterator[Callable[[], object]]:
    users, moved = tmp_path / "users", tmp_path / "moved"
    yield lambda: users.rename(moved)
    if moved.exists():
        moved.rename(users)


TestFolder = contract_suite(
    spec=ADAPTER, connector="folder", sample=SAMPLE, unreachable="nowhere", break_target="break_target"
)
