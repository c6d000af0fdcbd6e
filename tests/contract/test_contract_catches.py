"""The contract fails adapters that break it: each of these breaks one promise, and one behaviour tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from bridge.sdk import (
    Adapter,
    AdapterConfig,
    AdapterSpec,
    Applied,
    Attempt,
    AttributeDelta,
    BridgeError,
    Create,
    Deferred,
    Delete,
    Failure,
    NotReadyError,
    ObjectRef,
    OperationId,
    Outcome,
    PasswordRejectedError,
    Query,
    Rename,
    SetPassword,
    Success,
    TargetObject,
    Unchanged,
    UnknownObjectError,
    Update,
    Verb,
)
from bridge.sdk.testing.contract import Connector, contract_suite
from bridge.sdk.testing.memory import MemoryAdapter, forget_store
from tests.contract.samples import SAMPLE

pytest_plugins = ["pytester"]

STORE = "contract-catches"


class DropsNames(MemoryAdapter):
    """Deletes by name although the anchor was given."""

    def _apply(self, attempt: Attempt) -> Success:
        target = attempt.operation.target
        if isinstance(attempt.operation.body, Delete) and target.name:
            by_name = ObjectRef(target.object_type, name=target.name)
            attempt = replace(attempt, operation=replace(attempt.operation, target=by_name))
        return super()._apply(attempt)


class Adopts(MemoryAdapter):
    """Updates the object that is there instead of refusing to create it."""

    def _apply(self, attempt: Attempt) -> Success:
        body, target = attempt.operation.body, attempt.operation.target
        there = super().get(target) if isinstance(body, Create) else None
        if there is None or not isinstance(body, Create):
            return super()._apply(attempt)
        deltas = tuple(AttributeDelta(name, "replace", each) for name, each in body.attributes.items())  # type: ignore[arg-type]  # an adapter's slip
        super()._apply(replace(attempt, operation=replace(attempt.operation, body=Update(deltas))))
        return Applied(there.anchor)


class ForgetsConditions(MemoryAdapter):
    """Re-sends without looking at what was observed."""

    def _apply(self, attempt: Attempt) -> Success:
        return super()._apply(replace(attempt, conditional=False))


class UpdatesHalf(MemoryAdapter):
    """One call for each delta."""

    def _apply(self, attempt: Attempt) -> Success:
        body = attempt.operation.body
        if not isinstance(body, Update):
            return super()._apply(attempt)
        outcome: Success = Unchanged()
        for delta in body.deltas:
            outcome = super()._apply(replace(attempt, operation=replace(attempt.operation, body=Update((delta,)))))
        return outcome


class StripsSpaces(MemoryAdapter):
    """Trims texts, as many a client library does."""

    def get(self, ref: ObjectRef) -> TargetObject | None:
        found = super().get(ref)
        if found is None:
            return None
        texts = {
            name: tuple(each.strip() if isinstance(each, str) else each for each in values)
            for name, values in found.attributes.items()
        }
        return replace(found, attributes=texts)


class LosesReferences(MemoryAdapter):
    """Does not say for what an operation waits."""

    def _apply(self, attempt: Attempt) -> Success:
        try:
            return super()._apply(attempt)
        except NotReadyError as error:
            raise NotReadyError(error.message) from error


class NamesNoAttribute(MemoryAdapter):
    def _apply(self, attempt: Attempt) -> Success:
        try:
            return super()._apply(attempt)
        except BridgeError as error:
            raise type(error)(error.message) from error


class MissesTheDeleted(MemoryAdapter):
    """Takes an absent object for an error when it is to be deleted."""

    def _apply(self, attempt: Attempt) -> Success:
        outcome = super()._apply(attempt)
        if isinstance(attempt.operation.body, Delete) and isinstance(outcome, Unchanged):
            raise UnknownObjectError("not there")
        return outcome


class RenamesByCopy(MemoryAdapter):
    """Makes a new object under the new name and removes the old one."""

    def _apply(self, attempt: Attempt) -> Success:
        operation = attempt.operation
        found = super().get(operation.target)
        if found is None or not isinstance(operation.body, Rename):
            return super()._apply(attempt)
        new = ObjectRef(operation.target.object_type, name=operation.body.new_name)
        made = super()._apply(replace(attempt, operation=replace(operation, target=new, body=Create(found.attributes))))
        super()._apply(replace(attempt, operation=replace(operation, body=Delete())))
        return made


class TellsPasswords(MemoryAdapter):
    def _apply(self, attempt: Attempt) -> Success:
        try:
            return super()._apply(attempt)
        except PasswordRejectedError as error:
            body = attempt.operation.body
            refused = body.password.reveal() if isinstance(body, SetPassword) else ""
            raise PasswordRejectedError(f"{refused} is too short") from error


class StopsAtTheFirstError(MemoryAdapter):
    def export(self, batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
        outcomes: dict[OperationId, Outcome] = {}
        for attempt in batch:
            outcomes |= super().export([attempt])
            if not isinstance(outcomes[attempt.operation.id], Applied | Unchanged):
                break
        skipped = Deferred(Failure("throttled", "not tried"))
        return {each.operation.id: outcomes.get(each.operation.id, skipped) for each in batch}


class RepeatsThePage(MemoryAdapter):
    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        for page in super().search(query):
            yield page
            yield page


class IgnoresFilters(MemoryAdapter):
    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        return super().search(replace(query, filter=None))


class LooksEmptyWhenDown(MemoryAdapter):
    def get(self, ref: ObjectRef) -> TargetObject | None:
        try:
            return super().get(ref)
        except BridgeError:
            return None


class WithholdsInVain(MemoryAdapter):
    """Does what it says it does not offer."""

    def withheld(self) -> frozenset[Verb]:
        return frozenset({Verb.SET_PASSWORD})

    def _apply(self, attempt: Attempt) -> Success:
        return Unchanged() if isinstance(attempt.operation.body, SetPassword) else super()._apply(attempt)


BROKEN: Mapping[type[Adapter[AdapterConfig]], str] = {  # type: ignore[type-var]  # their configuration is MemoryConfig
    DropsNames: "TestDeleting",
    Adopts: "TestCreating",
    ForgetsConditions: "TestResendingUpdates",
    UpdatesHalf: "TestIllegalValues",
    StripsSpaces: "TestHardValues",
    LosesReferences: "TestReferences",
    NamesNoAttribute: "TestIllegalValues",
    MissesTheDeleted: "TestDeleting",
    RenamesByCopy: "TestRenaming",
    TellsPasswords: "TestRefusingPasswords",
    StopsAtTheFirstError: "TestBatches",
    RepeatsThePage: "TestSearching",
    IgnoresFilters: "TestSearching",
    LooksEmptyWhenDown: "TestBreaksLater",
    WithholdsInVain: "TestOpening",
}

# What an author writes, the configuration of the reference adapter apart.
SUITE = """
import pytest
from tests.contract import test_contract_catches as here
from tests.contract.test_memory import break_target, STORE
TestBroken = here.suite_of("{adapter}", STORE)
"""


def suite_of(adapter: str, store: str) -> type:
    """The suite for one of the adapters above."""
    spec = AdapterSpec("broken", config="bridge.sdk.testing.memory:MemoryConfig", adapter=f"{__name__}:{adapter}")
    return contract_suite(
        spec=spec,
        connector=lambda: Connector({"store": store, "replay": "conditional"}),
        sample=SAMPLE,
        break_target="break_target",
    )


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    yield
    forget_store(STORE)


def _failed(pytester: pytest.Pytester, adapter: str, behaviour: str) -> set[str]:
    """The behaviours of which a test failed, when the suite of an adapter is run."""
    pytester.makepyfile(SUITE.format(adapter=adapter))
    result = pytester.runpytest_inprocess("-q", "--assert=plain", "--tb=no", "-k", behaviour)
    counts = result.parseoutcomes()
    assert counts.get("passed", 0) + counts.get("failed", 0) > 0, "the suite did not run"
    return {line.split("::")[2] for line in result.outlines if line.startswith(("FAILED", "ERROR "))}


@pytest.mark.parametrize("adapter", list(BROKEN), ids=lambda each: each.__name__)
def test_a_broken_promise_fails_its_behaviour(pytester: pytest.Pytester, adapter: type[MemoryAdapter]) -> None:
    assert _failed(pytester, adapter.__name__, BROKEN[adapter]) == {BROKEN[adapter]}


def test_an_adapter_that_keeps_its_promises_fails_nothing(pytester: pytest.Pytester) -> None:
    assert not _failed(pytester, "MemoryAdapter", "TestBroken")


def test_what_is_not_offered_is_not_generated() -> None:
    suite = contract_suite(
        spec=AdapterSpec(
            "reads", config="bridge.sdk:AdapterConfig", adapter="tests.unit.sdk.test_capabilities:Reading"
        ),
        connector="no_such_fixture",
        sample=SAMPLE,
    )
    tests = {each for each in vars(suite) if each.startswith("Test")}
    assert tests == {"TestOpening", "TestCreating", "TestHardValues", "TestBatches", "TestResendingCreates"}


def test_what_the_sample_does_not_declare_is_not_generated() -> None:
    bare = replace(SAMPLE, many=None, illegal={}, reference=None, password=None)
    suite = contract_suite(
        spec=AdapterSpec(
            "memory",
            config="bridge.sdk.testing.memory:MemoryConfig",
            adapter="bridge.sdk.testing.memory:MemoryAdapter",
        ),
        connector="no_such_fixture",
        sample=bare,
    )
    tests = {each for each in vars(suite) if each.startswith("Test")}
    assert not tests & {"TestUpdatingMany", "TestIllegalValues", "TestReferences", "TestSettingPasswords"}
    assert {"TestUpdating", "TestSearching", "TestMarkers"} <= tests
