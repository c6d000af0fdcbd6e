"""The reference adapter keeps the contract: in memory, in a file, with markers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.sdk.testing.contract import Connector, contract_suite
from bridge.sdk.testing.memory import ADAPTER, forget_store, named_store
from tests.contract.samples import SAMPLE

STORE = "contract-of-memory"


@pytest.fixture
def in_memory() -> Iterator[Connector]:
    yield Connector({"store": STORE})
    forget_store(STORE)


@pytest.fixture
def break_target() -> Iterator[Callable[[], None]]:
    def cut() -> None:
        named_store(STORE).reachable = False

    yield cut
    named_store(STORE).reachable = True


@pytest.fixture
def unreachable() -> Iterator[Connector]:
    connector = Connector({"store": STORE})
    adapter = connector.adapter(ADAPTER)
    adapter.open()
    adapter.close()
    named_store(STORE).reachable = False
    yield connector
    forget_store(STORE)


@pytest.fixture
def in_a_file(tmp_path: Path) -> Connector:
    return Connector({"file": str(tmp_path / "store.sqlite"), "replay": "conditional"})


@pytest.fixture
def with_markers() -> Iterator[Connector]:
    yield Connector({"store": STORE, "replay": "marker"})
    forget_store(STORE)


TestMemory = contract_suite(
    spec=ADAPTER, connector="in_memory", sample=SAMPLE, unreachable="unreachable", break_target="break_target"
)
TestFile = contract_suite(spec=ADAPTER, connector="in_a_file", sample=SAMPLE)
TestMarkers = contract_suite(spec=ADAPTER, connector="with_markers", sample=SAMPLE)
