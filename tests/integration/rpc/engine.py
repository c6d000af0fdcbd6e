# ruff: noqa: ARG002 - the interface gives more than a wire test needs
"""The engine's interface over two dicts: no more than what the wire needs to have something behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bridge.engine.interface import Settled
from bridge.model import (
    Backlog,
    BridgeError,
    Caller,
    CallerName,
    Capabilities,
    ConnectorDescription,
    ConnectorName,
    ConnectorStatus,
    Create,
    Failure,
    Health,
    ObjectRef,
    ObjectType,
    Operation,
    OperationFilter,
    OperationId,
    OperationReusedError,
    OperationStatus,
    PermissionDeniedError,
    Schema,
    SettleNumber,
    State,
    StepRefusedError,
    TargetObject,
    TestReport,
    UnknownObjectError,
    UnknownOperationError,
)
from bridge.model.filters import matches
from bridge.model.lifecycle import FINAL
from bridge.sdk.spi import Query

Key = tuple[CallerName, OperationId]


class SmallEngine:
    """Settles what it accepts at once, or, with `holding`, when told to."""

    def __init__(self) -> None:
        self.holding = False
        self.refuse: BridgeError | None = None
        self.accepted: dict[Key, Operation] = {}
        self._statuses: dict[Key, OperationStatus] = {}
        self._told: dict[Key, list[Settled]] = {}
        self._history: list[OperationStatus] = []
        self._changed = asyncio.Condition()

    async def submit(
        self, caller: Caller, operations: Sequence[Operation], settled: Settled | None = None
    ) -> Sequence[OperationStatus | BridgeError]:
        answers = [self._accept(caller, operation) for operation in operations]
        for answer in answers:
            if isinstance(answer, OperationStatus) and answer.state not in FINAL and settled:
                self._told.setdefault((caller.name, answer.id), []).append(settled)
        if not self.holding:
            asyncio.get_running_loop().call_soon(self.settle)
        return answers

    def _accept(self, caller: Caller, operation: Operation) -> OperationStatus | BridgeError:
        key = (caller.name, operation.id)
        if self.refuse is not None:
            return self.refuse
        if not caller.may_use(operation.connector):
            return PermissionDeniedError(f"{caller.name} may not use {operation.connector}")
        if self.accepted.setdefault(key, operation) != operation:
            return OperationReusedError(f"operation id {operation.id} was used before")
        if key not in self._statuses:
            self._statuses[key] = OperationStatus(
                len(self._statuses) + 1,
                operation.id,
                caller.name,
                operation.connector,
                operation.kind,
                operation.target,
                State.ACCEPTED,
                0,
                datetime.now(UTC),
            )
        return self._statuses[key]

    def settle(self) -> None:
        """Bring everything that is open to its end."""
        for key, status in self._statuses.items():
            if status.state not in FINAL:
                self._finish(key, status)
        asyncio.get_running_loop().create_task(self._tell())

    def _finish(self, key: Key, status: OperationStatus) -> None:
        bad = "bad" in str(status.target)
        final = replace(
            status,
            state=State.REJECTED if bad else State.SUCCEEDED,
            attempts=1,
            settled_at=datetime.now(UTC),
            settle_number=SettleNumber(len(self._history) + 1),
            failure=Failure("invalid_value", "mail is no address", ("mail",)) if bad else None,
        )
        self._statuses[key] = final
        self._history.append(final)
        for settled in self._told.pop(key, ()):
            settled([final])

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def quiet(self) -> None:
        """Until nothing more is submitted: what keeps the callers back is not an event that could be waited for."""
        before = -1
        while before != len(self.accepted) or not before:
            before = len(self.accepted)
            await asyncio.sleep(0.3)

    async def wait(self, caller: Caller, operation: OperationId) -> OperationStatus:
        async with self._changed:
            await self._changed.wait_for(lambda: self._statuses[caller.name, operation].state in FINAL)
        return self._statuses[caller.name, operation]

    async def status(self, caller: Caller, operation: OperationId) -> OperationStatus:
        if (caller.name, operation) not in self._statuses:
            raise UnknownOperationError(f"no operation {operation}")
        return self._statuses[caller.name, operation]

    async def operations(self, caller: Caller, which: OperationFilter) -> Sequence[OperationStatus]:
        found = [
            each
            for each in self._statuses.values()
            if caller.may_use(each.connector)
            and each.sequence > which.after
            and (not which.connectors or each.connector in which.connectors)
            and (not which.states or each.state in which.states)
        ]
        return found[: which.limit]

    async def watch(
        self, caller: Caller, after: SettleNumber, connector: ConnectorName | None, *, until_now: bool
    ) -> AsyncIterator[Sequence[OperationStatus]]:
        sent = int(after)
        while True:
            found = self._history[sent:]
            sent = len(self._history)
            if found:
                yield [each for each in found if connector is None or each.connector == connector]
            if until_now:
                return
            await self._more_than(sent)

    async def _more_than(self, sent: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._history) > sent)

    async def retry(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus:
        status = await self.status(Caller(owner, caller.connectors), operation)
        raise StepRefusedError(f"operation {operation} is {status.state}")

    async def cancel(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus:
        status = await self.status(Caller(owner, caller.connectors), operation)
        self._statuses[owner, operation] = replace(status, state=State.CANCELLED)
        return self._statuses[owner, operation]

    async def release(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus:
        return await self.retry(caller, owner, operation)

    def _objects(self, which: Callable[[TargetObject], bool]) -> list[TargetObject]:
        every = (
            TargetObject(each.target.object_type, f"id-{each.target.name}", each.target.name, each.body.attributes)
            for each in self.accepted.values()
            if isinstance(each.body, Create)
        )
        return [each for each in every if which(each)]

    async def read(self, caller: Caller, connector: ConnectorName, ref: ObjectRef) -> TargetObject:
        for found in self._objects(lambda each: each.name == ref.name):
            return found
        raise UnknownObjectError(f"{connector} has no {ref}")

    async def search(
        self, caller: Caller, connector: ConnectorName, query: Query
    ) -> AsyncIterator[Sequence[TargetObject]]:
        found = self._objects(lambda each: query.filter is None or matches(query.filter, each))
        for start in range(0, len(found), query.page_size):
            yield found[start : start + query.page_size]

    def full_import(
        self, caller: Caller, connector: ConnectorName, object_types: Sequence[ObjectType], page_size: int
    ) -> AsyncIterator[Sequence[TargetObject]]:
        return self.search(caller, connector, Query(ObjectType("user"), page_size=page_size))

    def _connector(self) -> ConnectorStatus:
        return ConnectorStatus(ConnectorName("people"), "ldap", Health.OK, "", datetime.now(UTC), Backlog(accepted=3))

    async def connectors(self, caller: Caller) -> Sequence[ConnectorStatus]:
        return [self._connector()]

    async def describe(self, caller: Caller, connector: ConnectorName) -> ConnectorDescription:
        return ConnectorDescription(self._connector(), Capabilities(frozenset(), {}), Schema())

    async def test(self, caller: Caller, connector: ConnectorName) -> TestReport:
        return TestReport(ok=True, checks=("reached", "bound"))
