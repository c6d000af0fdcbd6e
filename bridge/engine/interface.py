"""What ingress sees of the engine. Every method checks that the caller may use the connector, first of all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from bridge.model.errors import BridgeError
from bridge.model.identity import (
    Caller,
    CallerName,
    ConnectorName,
    ObjectRef,
    ObjectType,
    OperationId,
    SettleNumber,
    Watermark,
)
from bridge.model.objects import ChangePage, TargetObject
from bridge.model.operations import Operation
from bridge.model.status import (
    ConnectorDescription,
    ConnectorStatus,
    Health,
    OperationFilter,
    OperationStatus,
    TestReport,
)
from bridge.sdk.spi import Query

Settled = Callable[[Sequence[OperationStatus]], None]
"""Called in the event loop, at once after the commit, with operations that became final. Must not block."""

HealthChanged = Callable[[ConnectorName, Health], None]
"""Called in the event loop when a connector's health changes. Must not block."""


class Engine(Protocol):
    async def submit(
        self, caller: Caller, operations: Sequence[Operation], settled: Settled | None = None
    ) -> Sequence[OperationStatus | BridgeError]:
        """Accept operations: one answer each, in their order. A BridgeError means that this one was not accepted.

        Returns after the commit. `settled` is told later of each accepted operation that was not final on return; one
        that was accepted before and is final is returned so, and `settled` is not called for it.
        """
        ...

    def forget(self, settled: Settled) -> None:
        """Who gave `settled` to a submit has gone: call it no more."""
        ...

    async def wait(self, caller: Caller, operation: OperationId) -> OperationStatus:
        """Until the operation is final. Cancelling the wait leaves the operation alone. UnknownOperationError."""
        ...

    async def status(self, caller: Caller, operation: OperationId) -> OperationStatus:
        """UnknownOperationError if the journal has none of that id from this caller."""
        ...

    async def operations(self, caller: Caller, which: OperationFilter) -> Sequence[OperationStatus]:
        """In the order of acceptance, at most `which.limit`."""
        ...

    def watch(
        self, caller: Caller, after: SettleNumber, connector: ConnectorName | None, *, until_now: bool
    ) -> AsyncIterator[Sequence[OperationStatus]]:
        """Settlements after that number in their order, then live ones (unless `until_now`)."""
        ...

    async def retry(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus: ...

    async def cancel(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus: ...

    async def release(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus: ...

    async def read(self, caller: Caller, connector: ConnectorName, ref: ObjectRef) -> TargetObject:
        """UnknownObjectError if the target says that there is none."""
        ...

    def search(
        self, caller: Caller, connector: ConnectorName, query: Query
    ) -> AsyncIterator[Sequence[TargetObject]]: ...

    def full_import(
        self, caller: Caller, connector: ConnectorName, object_types: Sequence[ObjectType], page_size: int
    ) -> AsyncIterator[Sequence[TargetObject]]:
        """Every object, type by type; no types given means all."""
        ...

    def changes(
        self, caller: Caller, connector: ConnectorName, since: Watermark | None, page_size: int
    ) -> AsyncIterator[ChangePage]:
        """What changed since; everything if `since` is None. The last page has a watermark. WatermarkExpiredError."""
        ...

    async def connectors(self, caller: Caller) -> Sequence[ConnectorStatus]: ...

    def watch_health(self, changed: HealthChanged) -> None:
        """`changed` is told at once how each connector fares, and then of every change."""
        ...

    async def describe(self, caller: Caller, connector: ConnectorName) -> ConnectorDescription: ...

    async def test(self, caller: Caller, connector: ConnectorName) -> TestReport: ...
