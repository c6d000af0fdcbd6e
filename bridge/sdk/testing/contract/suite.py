"""Puts an adapter's test class together from what its class offers and its sample declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bridge.sdk import AdapterSpec, KeepsMarkers, Verb, capabilities_of
from bridge.sdk.testing.contract.batches import Batches, MixedBatches
from bridge.sdk.testing.contract.behaviour import Behaviour
from bridge.sdk.testing.contract.changes import Changes, ChangesByDeletion, ChangesOfNames
from bridge.sdk.testing.contract.creating import Creating
from bridge.sdk.testing.contract.deleting import Deleting
from bridge.sdk.testing.contract.hard_values import HardChanges, HardValues
from bridge.sdk.testing.contract.harness import Connector, Harness
from bridge.sdk.testing.contract.markers import Markers
from bridge.sdk.testing.contract.opening import Opening
from bridge.sdk.testing.contract.passwords import ChangingPasswords, RefusingPasswords, SettingPasswords
from bridge.sdk.testing.contract.references import References
from bridge.sdk.testing.contract.renaming import Renaming
from bridge.sdk.testing.contract.resending import ResendingCreates, ResendingUpdates
from bridge.sdk.testing.contract.sample import SampleObjects
from bridge.sdk.testing.contract.searching import ComparingBySize, Searching
from bridge.sdk.testing.contract.unreachable import BreaksLater, Unreachable
from bridge.sdk.testing.contract.updating import IllegalValues, Updating, UpdatingMany

Source = str | Callable[[], Any]
"""The name of a pytest fixture, or a function without arguments."""

BEHAVIOURS: tuple[type[Behaviour], ...] = (
    Opening,
    Creating,
    HardValues,
    HardChanges,
    Updating,
    UpdatingMany,
    IllegalValues,
    Renaming,
    Deleting,
    SettingPasswords,
    RefusingPasswords,
    ChangingPasswords,
    References,
    Batches,
    MixedBatches,
    Searching,
    ComparingBySize,
    Changes,
    ChangesOfNames,
    ChangesByDeletion,
    ResendingCreates,
    ResendingUpdates,
)


class _Fixtures:
    """What the behaviours' tests ask for."""

    sources: dict[str, Source]
    spec: AdapterSpec
    declared: SampleObjects
    needs: frozenset[Verb]

    def _given(self, request: pytest.FixtureRequest, which: str) -> Any:
        source = self.sources[which]
        return request.getfixturevalue(source) if isinstance(source, str) else source()

    @pytest.fixture
    def sample(self) -> SampleObjects:
        return self.declared

    @pytest.fixture
    def connector(self, request: pytest.FixtureRequest) -> Connector:
        given = self._given(request, "connector")
        assert isinstance(given, Connector)
        return given

    @pytest.fixture
    def harness(self, connector: Connector) -> Iterator[Harness]:
        adapter = connector.adapter(self.spec)
        withheld = self.needs & adapter.withheld()
        if withheld:
            pytest.skip(f"this connector is configured without {', '.join(sorted(withheld))}")
        try:
            adapter.open()
            harness = Harness(adapter)
            yield harness
            harness.clear_away()
        finally:
            adapter.close()

    @pytest.fixture
    def unreachable(self, request: pytest.FixtureRequest) -> Connector:
        given = self._given(request, "unreachable")
        assert isinstance(given, Connector)
        return given

    @pytest.fixture
    def break_target(self, request: pytest.FixtureRequest) -> Callable[[], None]:
        found: Callable[[], None] = self._given(request, "break_target")
        return found


def contract_suite(
    *,
    spec: AdapterSpec,
    connector: Source,
    sample: SampleObjects,
    unreachable: Source | None = None,
    break_target: Source | None = None,
) -> type:
    """The test class of an adapter, to be bound to a name that begins with ``Test``.

    `connector` gives the `Connector` to test. `unreachable` gives one whose target does not answer.
    `break_target` gives a function that makes the target of `connector` unreachable while it is open; the
    fixture mends it after.
    """
    offered = capabilities_of(spec.load_adapter()).verbs
    chosen = [each for each in BEHAVIOURS if each.needs <= offered and each.declared_in(sample)]
    if issubclass(spec.load_adapter(), KeepsMarkers):
        chosen.append(Markers)
    sources: dict[str, Source] = {"connector": connector}
    if unreachable is not None:
        chosen.append(Unreachable)
        sources["unreachable"] = unreachable
    if break_target is not None:
        chosen.append(BreaksLater)
        sources["break_target"] = break_target
    members = {"spec": spec, "declared": sample, "sources": sources}
    # A class for each behaviour, so that two of them may have a test of the same name.
    tests = {f"Test{each.__name__}": type(f"Test{each.__name__}", (each, _Fixtures), members) for each in chosen}
    return type("Contract", (), tests)
