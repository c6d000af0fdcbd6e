"""The class header is the capability list; `attempt` and `export` go by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest

from bridge.sdk import (
    Adapter,
    AdapterConfig,
    AdapterContext,
    AlreadyExistsError,
    Anchor,
    Applied,
    Attempt,
    Body,
    CallerName,
    ConnectorName,
    Create,
    Creates,
    Deferred,
    Delete,
    Gets,
    Name,
    NotReadyError,
    ObjectRef,
    ObjectType,
    Operation,
    OperationKind,
    PartiallyCreatedError,
    Rejected,
    Replay,
    Schema,
    Secret,
    Success,
    TargetObject,
    Uncertain,
    Unchanged,
    Verb,
    capabilities_of,
    new_operation_id,
)
from bridge.sdk.testing.memory import MemoryAdapter

ABSENT = ObjectRef(ObjectType("user"), name=Name("absent"))


class WriteOnly(Adapter[AdapterConfig], Creates):
    """Says by the name of the object how the create ends."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def check_alive(self) -> None: ...

    def test(self) -> Sequence[str]:
        return ()

    def schema(self) -> Schema:
        return Schema()

    def create(self, attempt: Attempt) -> Success:
        match attempt.operation.target.name:
            case "taken":
                raise AlreadyExistsError("taken", anchor=Anchor("7"))
            case "early":
                raise NotReadyError("early", waits_for=ABSENT)
            case "half":
                raise PartiallyCreatedError("half", anchor=Anchor("8"))
            case "there":
                return Unchanged(Anchor("9"))
        return Applied(Anchor("1"))


class Reading(WriteOnly, Gets):
    replay: ClassVar = {OperationKind.CREATE: Replay.CONDITIONAL}

    def get(self, ref: ObjectRef) -> TargetObject | None:
        raise AlreadyExistsError(f"{ref} is never read here")


@pytest.fixture
def adapter() -> WriteOnly:
    return WriteOnly(AdapterConfig(), AdapterContext(ConnectorName("c"), Secret))


def attempt(name: str, body: Body | None = None) -> Attempt:
    target = ObjectRef(ObjectType("user"), name=Name(name))
    operation = Operation(new_operation_id(), CallerName("test"), ConnectorName("c"), target, body or Create({}))
    return Attempt(operation)


def test_capabilities_are_the_class_header() -> None:
    assert capabilities_of(WriteOnly).verbs == {Verb.CREATE}
    assert capabilities_of(Reading).verbs == {Verb.CREATE, Verb.GET}
    assert capabilities_of(MemoryAdapter).verbs == set(Verb)


def test_doubt_goes_to_a_person_where_nothing_can_be_read_back() -> None:
    assert capabilities_of(WriteOnly).replay == {OperationKind.CREATE: Replay.AT_MOST_ONCE}


def test_an_adapter_declares_a_better_way_out_of_doubt() -> None:
    assert capabilities_of(Reading).replay == {OperationKind.CREATE: Replay.CONDITIONAL}


def test_an_instance_may_narrow_what_its_class_declares(adapter: WriteOnly) -> None:
    adapter.replay = {OperationKind.CREATE: Replay.MARKER}  # type: ignore[misc]  # the instance's own
    assert capabilities_of(adapter).replay == {OperationKind.CREATE: Replay.MARKER}
    assert capabilities_of(WriteOnly).replay == {OperationKind.CREATE: Replay.AT_MOST_ONCE}


def test_every_verb_has_a_kind_or_is_a_read() -> None:
    reads = {Verb.GET, Verb.SEARCH, Verb.CHANGES, Verb.PARTITIONS}
    assert {each.value for each in Verb} - {each.value for each in OperationKind} == {each.value for each in reads}


def test_one_by_one_is_what_export_does_by_itself(adapter: WriteOnly) -> None:
    batch = [attempt(name) for name in ("new", "taken", "early", "half", "there")]
    outcomes = adapter.export(batch)
    assert list(outcomes) == [each.operation.id for each in batch]
    new, taken, early, half, there = outcomes.values()
    assert new == Applied(Anchor("1"))
    assert there == Unchanged(Anchor("9"))
    assert isinstance(taken, Rejected)
    assert (taken.failure.code, taken.anchor) == ("already_exists", "7")
    assert isinstance(early, Deferred)
    assert (early.failure.code, early.waits_for) == ("not_ready", ABSENT)
    assert isinstance(half, Uncertain)
    assert (half.failure.code, half.anchor) == ("partially_created", "8")


def test_a_verb_that_is_not_in_the_header_is_rejected(adapter: WriteOnly) -> None:
    outcome = adapter.attempt(attempt("new", Delete()))
    assert isinstance(outcome, Rejected)
    assert outcome.failure.code == "unsupported"
