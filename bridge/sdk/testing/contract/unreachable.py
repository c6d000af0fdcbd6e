"""A target that does not answer is an error, never an empty answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from bridge.sdk import (
    AdapterSpec,
    ConnectionBrokenError,
    ConnectionFailedError,
    Deferred,
    OperationTimeoutError,
    Query,
    Searches,
    Uncertain,
)
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Connector, Harness
from bridge.sdk.testing.contract.sample import SampleObjects

_LOST = (ConnectionFailedError, ConnectionBrokenError, OperationTimeoutError)
_LOST_CODES = {each.code for each in _LOST}


class Unreachable(Behaviour):
    """Tests of a target that never answered."""

    spec: AdapterSpec

    def test_opening_fails_and_closing_does_not(self, unreachable: Connector) -> None:
        adapter = unreachable.adapter(self.spec)
        with pytest.raises(ConnectionFailedError):
            adapter.open()
        adapter.close()


class BreaksLater(Behaviour):
    """Tests of a target that went away while the instance was open."""

    def test_a_read_fails(self, harness: Harness, sample: SampleObjects, break_target: Callable[[], None]) -> None:
        ref = harness.create(sample.object, harness.label())
        break_target()
        with pytest.raises(_LOST):
            harness.find(ref)

    def test_a_search_fails(self, harness: Harness, sample: SampleObjects, break_target: Callable[[], None]) -> None:
        break_target()
        with pytest.raises(_LOST):
            list(cast("Searches", harness.adapter).search(Query(sample.object.object_type)))

    def test_the_check_fails(self, harness: Harness, break_target: Callable[[], None]) -> None:
        break_target()
        with pytest.raises(ConnectionFailedError):
            harness.adapter.check_alive()

    def test_each_write_is_deferred_or_uncertain(
        self, harness: Harness, sample: SampleObjects, break_target: Callable[[], None]
    ) -> None:
        batch = [harness.creation(sample.object, harness.label()) for _ in range(3)]
        break_target()
        for outcome in harness.export(batch).values():
            assert isinstance(outcome, Deferred | Uncertain), outcome
            assert outcome.failure.code in _LOST_CODES
