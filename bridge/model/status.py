"""What can be told of an operation and of a connector at a moment, without its secrets or its content."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bridge.model.attributes import Attributes
from bridge.model.capabilities import Capabilities
from bridge.model.identity import CallerName, ConnectorName, ObjectRef, OperationId, SettleNumber
from bridge.model.lifecycle import State
from bridge.model.operations import OperationKind
from bridge.model.outcomes import Failure
from bridge.model.schema import Partition, Schema


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """One operation as the journal has it.

    `sequence` is its place in the order of acceptance. `target` is as asked; after success it holds the anchor and
    the name that the target gave. `settle_number` and `settled_at` are set in a final state only.
    `assigned`: values that the bridge gave to the object, such as a uidNumber.
    """

    sequence: int
    id: OperationId
    caller: CallerName
    connector: ConnectorName
    kind: OperationKind
    target: ObjectRef
    state: State
    attempts: int
    accepted_at: datetime
    settled_at: datetime | None = None
    settle_number: SettleNumber | None = None
    unchanged: bool = False
    failure: Failure | None = None
    not_before: datetime | None = None
    assigned: Attributes = field(default_factory=dict)


class Health(StrEnum):
    OK = "ok"
    OPEN = "open"
    """The breaker is open: the target was not reached; one canary operation at a time tries."""
    HELD = "held"
    """The target refused our own account; nothing is sent until a test succeeds."""
    UNOPENED = "unopened"
    """It was not opened since the start, or does not fit its target any more; nothing is sent, and opening it is tried
    again and again."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Operations that are not final, counted. `not_ready` wait for an object they refer to, not for the target."""

    accepted: int = 0
    running: int = 0
    waiting: int = 0
    not_ready: int = 0
    uncertain: int = 0
    staged: int = 0
    parked: int = 0


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    name: ConnectorName
    adapter: str
    health: Health
    reason: str
    since: datetime
    backlog: Backlog


@dataclass(frozen=True, slots=True)
class ConnectorDescription:
    status: ConnectorStatus
    capabilities: Capabilities
    schema: Schema
    partitions: tuple[Partition, ...] = ()


@dataclass(frozen=True, slots=True)
class TestReport:
    """What a thorough test of a connector found: a line for each thing checked, the last says what failed."""

    __test__ = False  # not a test class, whatever its name tells pytest

    ok: bool
    checks: tuple[str, ...]


class ListOrder(StrEnum):
    """By acceptance."""

    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class OperationFilter:
    """Which operations a list asks for; empty means no restriction. `after` is the last sequence seen, 0 for none."""

    connectors: frozenset[ConnectorName] = frozenset()
    states: frozenset[State] = frozenset()
    after: int = 0
    limit: int = 100
    order: ListOrder = ListOrder.OLDEST
