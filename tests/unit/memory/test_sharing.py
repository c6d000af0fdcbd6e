"""Instances of one connector share one store, from several threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from bridge.sdk import (
    AdapterContext,
    Applied,
    ConnectionFailedError,
    ConnectorName,
    Deferred,
    Name,
    ObjectRef,
    OperationKind,
    Replay,
    Secret,
    UnsupportedError,
    capabilities_of,
)
from bridge.sdk.testing.memory import MemoryAdapter, MemoryConfig, forget_store, named_store
from bridge.sdk.testing.memory.schema import USER
from tests.unit.memory.test_store_file import creation

STORE = "shared"


def opened(**options: object) -> MemoryAdapter:
    config = MemoryConfig.model_validate({"store": STORE, **options})
    adapter = MemoryAdapter(config, AdapterContext(ConnectorName("memory"), Secret))
    adapter.open()
    return adapter


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    yield
    forget_store(STORE)


def test_instances_of_one_name_see_the_same_objects() -> None:
    opened().export([creation("alice")])
    assert opened().get(ObjectRef(USER, name=Name("alice")))


def test_a_store_in_memory_outlives_its_instances() -> None:
    first = opened()
    first.export([creation("alice")])
    first.close()
    assert opened().get(ObjectRef(USER, name=Name("alice")))


def test_without_a_name_the_connector_s_name_is_taken() -> None:
    adapter = MemoryAdapter(MemoryConfig(), AdapterContext(ConnectorName(STORE), Secret))
    adapter.open()
    adapter.export([creation("alice")])
    assert opened().get(ObjectRef(USER, name=Name("alice")))


def test_workers_at_once_make_each_object_once() -> None:
    def work(_worker: int) -> int:
        batches = [opened().export([creation(f"{number}-{each}") for each in range(20)]) for number in range(50)]
        return sum(isinstance(each, Applied) for batch in batches for each in batch.values())

    with ThreadPoolExecutor(4) as workers:
        made = list(workers.map(work, range(4)))
    assert sum(made) == 50 * 20


def test_a_store_that_is_down_defers_every_write_and_fails_every_read() -> None:
    adapter = opened(history="kept")
    named_store(STORE).reachable = False
    (outcome,) = adapter.export([creation("alice")]).values()
    assert isinstance(outcome, Deferred)
    assert outcome.failure.code == "connection_failed"
    with pytest.raises(ConnectionFailedError):
        adapter.get(ObjectRef(USER, name=Name("alice")))
    with pytest.raises(ConnectionFailedError):
        opened()
    named_store(STORE).reachable = True
    assert not named_store(STORE).history()
    assert adapter.get(ObjectRef(USER, name=Name("alice"))) is None


def test_a_store_in_memory_keeps_no_history_unless_asked() -> None:
    opened().export([creation("alice")])
    with pytest.raises(UnsupportedError, match="history: kept"):
        named_store(STORE).history()


def test_the_configuration_narrows_the_replay() -> None:
    assert set(capabilities_of(MemoryAdapter).replay.values()) == {Replay.PROBE}
    replay = capabilities_of(opened(replay="at_most_once")).replay
    assert replay == dict.fromkeys(OperationKind, Replay.AT_MOST_ONCE)


def test_a_relative_file_is_refused() -> None:
    with pytest.raises(ValidationError, match="give an absolute path"):
        MemoryConfig.model_validate({"file": "store.sqlite"})
