"""The adapter of docs/writing-an-adapter.md keeps the contract, and a bridge finds it by its entry point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.model.lifecycle import State
from bridge.sdk import CallerName, ConnectorName, Create, Name, ObjectRef, Operation, new_operation_id
from bridge.sdk.testing.contract import Connector, Nul, ObjectSample, SampleObjects, contract_suite
from tests.crash.bridge_process import ROOT, BridgeProcess
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


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A place on the path where a distribution declares the adapter, as `pip install` would leave it."""
    declared = tmp_path / "installed" / "folder_adapter-1.dist-info"
    declared.mkdir(parents=True)
    (declared / "METADATA").write_text("Metadata-Version: 2.1\nName: folder-adapter\nVersion: 1\n")
    (declared / "entry_points.txt").write_text("[bridge.adapters]\nfolder = tests.examples.folder:ADAPTER\n")
    return declared.parent


def test_a_bridge_that_finds_it_by_its_entry_point_writes_with_it(tmp_path: Path, installed: Path):
    users, home = tmp_path / "users", tmp_path / "bridge"
    users.mkdir()
    home.mkdir()
    connectors = {"people": {"adapter": "folder", "settings": {"path": str(users)}}}
    target = ObjectRef(USER, name=Name("ada"))
    create = Operation(
        new_operation_id(), CallerName("own"), ConnectorName("people"), target, Create({"mail": ("ada@lab.test",)})
    )
    with BridgeProcess(home, connectors, environment={"PYTHONPATH": f"{installed}:{ROOT}"}) as bridge:
        bridge.start()
        with bridge.client() as client:
            assert client.submit(create, wait=True).state is State.SUCCEEDED
        assert bridge.stop() == 0
    (written,) = users.glob("*.json")
    assert '"ada@lab.test"' in written.read_text()
