"""Drives one adapter instance as the host does: batches through `export`, one call at a time.

Used by every behaviour. It sees to it that each batch is answered fully, and takes away what the tests made.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from bridge.sdk import (
    Adapter,
    AdapterConfig,
    AdapterContext,
    AdapterSpec,
    Anchor,
    Applied,
    Attempt,
    AttributeDelta,
    Attributes,
    Body,
    BridgeError,
    CallerName,
    ConfigurationError,
    ConnectorName,
    Create,
    Deferred,
    Delete,
    Deletes,
    DeltaKind,
    Gets,
    ObjectRef,
    Operation,
    OperationId,
    Outcome,
    Rejected,
    Secret,
    TargetObject,
    Uncertain,
    Unchanged,
    Update,
    Value,
    Values,
    new_operation_id,
)
from bridge.sdk.testing.contract.sample import ObjectSample

CALLER = CallerName("contract")
CONNECTOR = ConnectorName("contract")
OUTCOMES = (Applied, Unchanged, Deferred, Rejected, Uncertain)


def _no_secrets(reference: str) -> Secret:
    raise ConfigurationError(f"give Connector a resolve_secret that knows {reference}")


@dataclass(frozen=True)
class Connector:
    """A target to test against: its options as they stand in a configuration file, and its secrets."""

    config: Mapping[str, Any]
    resolve_secret: Callable[[str], Secret] = _no_secrets

    def adapter(self, spec: AdapterSpec) -> Adapter[AdapterConfig]:
        """An instance that is not open yet."""
        config = spec.load_config().model_validate(dict(self.config))
        return spec.load_adapter()(config, AdapterContext(CONNECTOR, self.resolve_secret))


@dataclass
class Harness:
    adapter: Adapter[AdapterConfig]
    made: list[ObjectRef] = field(default_factory=list)

    def label(self, text: str = "") -> str:
        """A label that no other object has, with this text in it."""
        return f"{text}{uuid.uuid4().hex[:12]}{text}"

    def attempt(self, target: ObjectRef, body: Body) -> Attempt:
        return Attempt(Operation(new_operation_id(), CALLER, CONNECTOR, target, body))

    def send(self, target: ObjectRef, body: Body) -> Outcome:
        return self.again(self.attempt(target, body))

    def again(self, attempt: Attempt) -> Outcome:
        return self.export([attempt])[attempt.operation.id]

    def export(self, batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
        outcomes = self.adapter.export(batch)
        asked = {each.operation.id: each for each in batch}
        assert set(outcomes) == set(asked), "one outcome for each operation id, none left out, none besides"
        for operation, outcome in outcomes.items():
            assert isinstance(outcome, OUTCOMES), f"{outcome!r} is no outcome"
            self._remember(asked[operation].operation, outcome)
        return outcomes

    def _remember(self, operation: Operation, outcome: Outcome) -> None:
        if isinstance(operation.body, Create) and not isinstance(outcome, Rejected | Deferred):
            target = operation.target
            self.made.append(ObjectRef(target.object_type, outcome.anchor, None if outcome.anchor else target.name))

    def creation(self, sample: ObjectSample, label: str, attributes: Attributes | None = None) -> Attempt:
        return self.attempt(
            ObjectRef(sample.object_type, name=sample.name(label)),
            Create({**sample.attributes(label), **(attributes or {})}),
        )

    def create(self, sample: ObjectSample, label: str, attributes: Attributes | None = None) -> ObjectRef:
        """Make an object; its anchor and name as the adapter told them."""
        attempt = self.creation(sample, label, attributes)
        outcome = self.again(attempt)
        assert isinstance(outcome, Applied), outcome
        return ObjectRef(sample.object_type, anchor_of(outcome), outcome.name or attempt.operation.target.name)

    def change(self, target: ObjectRef, attribute: str, kind: DeltaKind, *values: Value) -> Outcome:
        return self.send(target, Update((AttributeDelta(attribute, kind, values),)))

    def find(self, ref: ObjectRef) -> TargetObject | None:
        return cast("Gets", self.adapter).get(ref)

    def read(self, ref: ObjectRef) -> TargetObject:
        found = self.find(ref)
        assert found is not None, f"{ref} is not there"
        return found

    def values(self, ref: ObjectRef, attribute: str) -> Values:
        return self.read(ref).attributes.get(attribute, ())

    def clear_away(self) -> None:
        """Delete what was made, the last first, on a fresh connection if the test spoiled this one."""
        if not isinstance(self.adapter, Deletes) or not self.made:
            return
        try:
            self.adapter.check_alive()
        except BridgeError:
            self.adapter.close()
            self.adapter.open()
        self.adapter.export([self.attempt(each, Delete()) for each in reversed(self.made)])


def by_anchor(ref: ObjectRef) -> ObjectRef:
    return ObjectRef(ref.object_type, ref.anchor) if ref.anchor else ref


def by_name(ref: ObjectRef) -> ObjectRef:
    return ObjectRef(ref.object_type, name=ref.name)


def same(left: Values, right: Values) -> bool:
    """The same values of the same types; their order has no meaning."""
    return len(left) == len(right) and {(type(each), each) for each in left} == {(type(each), each) for each in right}


def succeeded(outcome: Outcome) -> bool:
    return isinstance(outcome, Applied | Unchanged)


def anchor_of(outcome: Outcome) -> Anchor:
    """The anchor that a success tells."""
    assert isinstance(outcome, Applied | Unchanged), outcome
    assert outcome.anchor, "the outcome tells no anchor"
    return outcome.anchor


def rejected(outcome: Outcome, *codes: str) -> bool:
    return isinstance(outcome, Rejected) and outcome.failure.code in codes
