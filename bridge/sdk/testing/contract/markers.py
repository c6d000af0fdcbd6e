"""Markers tell which operations took effect, from the target's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pytest

from bridge.sdk import (
    Applied,
    Attempt,
    CallerName,
    KeepsMarkers,
    OperationId,
    Replay,
    capabilities_of,
    new_operation_id,
)
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.harness import Harness, rejected
from bridge.sdk.testing.contract.sample import SampleObjects


class Markers(Behaviour):
    @pytest.fixture
    def markers(self, harness: Harness) -> KeepsMarkers:
        if Replay.MARKER not in capabilities_of(harness.adapter).replay.values():
            pytest.skip("this connector is configured without markers")
        return cast("KeepsMarkers", harness.adapter)

    def test_what_took_effect_is_told_with_its_anchor(
        self, harness: Harness, sample: SampleObjects, markers: KeepsMarkers
    ) -> None:
        attempt = harness.creation(sample.object, harness.label())
        outcome = harness.again(attempt)
        assert isinstance(outcome, Applied)
        assert _told(markers, attempt)[attempt.operation.id].anchor == outcome.anchor

    def test_what_was_refused_and_what_was_never_sent_is_not_told(
        self, harness: Harness, sample: SampleObjects, markers: KeepsMarkers
    ) -> None:
        label = harness.label()
        harness.create(sample.object, label)
        refused = harness.creation(sample.object, label)
        assert rejected(harness.again(refused), "already_exists")
        assert not _told(markers, refused)
        assert not markers.applied(refused.operation.caller, [new_operation_id()])

    def test_nothing_asked_nothing_told(self, markers: KeepsMarkers) -> None:
        assert not markers.applied(CallerName("anybody"), [])

    def test_another_caller_s_operation_of_the_same_id_is_not_told(
        self, harness: Harness, sample: SampleObjects, markers: KeepsMarkers
    ) -> None:
        attempt = harness.creation(sample.object, harness.label())
        assert isinstance(harness.again(attempt), Applied)
        assert not markers.applied(CallerName("another"), [attempt.operation.id])


def _told(markers: KeepsMarkers, attempt: Attempt) -> Mapping[OperationId, Applied]:
    return markers.applied(attempt.operation.caller, [attempt.operation.id])
