"""The engine put together: what `interface.Engine` promises, by delegation to the stage that does it.

Made by the composition root (`service`), called by ingress.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from bridge.engine import lookup, opener
from bridge.engine.confirm import IN_DOUBT, NOT_APPLIED, Confirm
from bridge.engine.dispatcher import Dispatcher
from bridge.engine.executor import LOOPS_PER_WORKER, Executor, Granted
from bridge.engine.health_log import HealthLog
from bridge.engine.intake import Intake
from bridge.engine.interface import HealthChanged, Settled
from bridge.engine.numbers import Numbers, misfits
from bridge.engine.retry import RetryPolicy
from bridge.engine.settlements import Settlements
from bridge.host.catalog import Catalog, HostedConnector
from bridge.journal import Journal, Step
from bridge.journal.entries import moment
from bridge.model import lifecycle
from bridge.model.capabilities import Replay
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
from bridge.model.lifecycle import State
from bridge.model.objects import ChangePage, TargetObject
from bridge.model.operations import Operation
from bridge.model.status import (
    ConnectorDescription,
    ConnectorStatus,
    OperationFilter,
    OperationStatus,
    TestReport,
)
from bridge.sdk.spi import Query
from bridge.telemetry.logging import get_logger

log = get_logger()

WATCH_PAGE = 1000
SECONDS_A_DAY = 86_400
DOUBTS = frozenset({IN_DOUBT, NOT_APPLIED})
"""Why an operation was parked that is to be read back before it is sent again. Others are known to be not applied."""


class BridgeEngine:
    """Nothing is done until `run`. `granted` is asked before each attempt: a grant may be taken away meanwhile."""

    def __init__(self, journal: Journal, catalog: Catalog, granted: Granted) -> None:
        self._journal = journal
        self._catalog = catalog
        self._granted = granted
        self._settlements = Settlements()
        self._confirms = {each.name: Confirm(journal, each) for each in catalog}
        self._dispatchers = {each.name: self._dispatcher(each) for each in catalog}
        self._numbers = {each.name: Numbers(journal, each) for each in catalog}
        self._intake = Intake(journal, catalog, self._dispatchers, self._settlements)
        self._health_log = HealthLog(journal, catalog)

    def _dispatcher(self, connector: HostedConnector) -> Dispatcher:
        return Dispatcher(
            connector.name,
            self._journal,
            connector.breaker,
            _policy(connector),
            self._settlements,
            self._confirms[connector.name].doubt,
            connector.joined,
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Take up what is open, then work until `stopping`. A part that fails ends the whole, loudly."""
        for name, dispatcher in self._dispatchers.items():
            await self._numbers[name].recover()
            await dispatcher.recover()
        async with asyncio.TaskGroup() as group:
            helpers = [task for each in self._catalog for task in self._start(group, each)]
            helpers.append(group.create_task(self._health_log.run(), name="health log"))
            await stopping.wait()
            for task in helpers:
                task.cancel()

    def _start(self, group: asyncio.TaskGroup, connector: HostedConnector) -> list[asyncio.Task[None]]:
        name, dispatcher = connector.name, self._dispatchers[connector.name]
        executor = Executor(
            self._journal,
            dispatcher,
            self._numbers[name],
            connector.breaker,
            _policy(connector),
            connector.settings.batch_size,
            self._granted,
        )
        loops = [facade for facade in connector.workers for _ in range(LOOPS_PER_WORKER)]
        return [
            group.create_task(opener.run(connector, dispatcher), name=f"opener {name}"),
            group.create_task(dispatcher.run(), name=f"dispatcher {name}"),
            group.create_task(self._confirms[name].run(dispatcher), name=f"confirm {name}"),
            *(group.create_task(executor.run(facade), name=f"executor {name}") for facade in loops),
        ]

    # Operations.

    async def submit(
        self, caller: Caller, operations: Sequence[Operation], settled: Settled | None = None
    ) -> Sequence[OperationStatus | BridgeError]:
        return await self._intake.submit(caller, operations, settled)

    def forget(self, settled: Settled) -> None:
        self._settlements.forget(settled)

    async def status(self, caller: Caller, operation: OperationId) -> OperationStatus:
        found = await self._journal.history.status(caller.name, operation)
        self._catalog.granted(caller, found.connector)
        return found

    async def wait(self, caller: Caller, operation: OperationId) -> OperationStatus:
        found = await self.status(caller, operation)
        done: asyncio.Future[OperationStatus] = asyncio.get_running_loop().create_future()

        def settled(statuses: Sequence[OperationStatus]) -> None:
            if not done.done():
                done.set_result(statuses[0])

        self._settlements.listen(found.sequence, settled)
        try:
            # It may have settled before the listener was there.
            found = await self.status(caller, operation)
            return found if found.state in lifecycle.FINAL else await done
        finally:
            self._settlements.forget(settled)

    async def operations(self, caller: Caller, which: OperationFilter) -> Sequence[OperationStatus]:
        for connector in which.connectors:
            self._catalog.granted(caller, connector)
        connectors = which.connectors or frozenset(each.name for each in self._catalog.visible(caller))
        return await self._journal.listings.operations(replace(which, connectors=connectors))

    async def watch(
        self, caller: Caller, after: SettleNumber, connector: ConnectorName | None, *, until_now: bool
    ) -> AsyncIterator[Sequence[OperationStatus]]:
        if connector is not None:
            self._catalog.granted(caller, connector)
        names = {connector} if connector else {each.name for each in self._catalog.visible(caller)}
        changed = self._settlements.watch()
        try:
            while True:
                changed.clear()
                page, after = await self._journal.listings.settlements(after, names, WATCH_PAGE)
                if page:
                    yield page
                elif until_now:
                    return
                else:
                    await changed.wait()
        finally:
            self._settlements.unwatch(changed)

    # Steps of a person.

    async def retry(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus:
        before = await self._steppable(caller, owner, operation)
        doubtful = before.state is State.PARKED and before.failure is not None and before.failure.code in DOUBTS
        wanted = State.UNCERTAIN if doubtful and self._confirmable(before) else State.WAITING
        return await self._step(caller, before, wanted)

    async def cancel(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus:
        return await self._step(caller, await self._steppable(caller, owner, operation), State.CANCELLED)

    async def release(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus:
        return await self._step(caller, await self._steppable(caller, owner, operation), State.ACCEPTED)

    async def _steppable(self, caller: Caller, owner: CallerName, operation: OperationId) -> OperationStatus:
        found = await self._journal.history.status(owner, operation)
        self._catalog.granted(caller, found.connector)
        return found

    def _confirmable(self, parked: OperationStatus) -> bool:
        return (
            self._catalog[parked.connector].capabilities.replay.get(parked.kind, Replay.AT_MOST_ONCE)
            is not Replay.AT_MOST_ONCE
        )

    async def _step(self, caller: Caller, before: OperationStatus, wanted: State) -> OperationStatus:
        step = Step(before.caller, before.id, wanted, caller.name)
        return await self._journal.step(step, self._dispatchers[before.connector].stepped)

    # Objects and connectors.

    async def read(self, caller: Caller, connector: ConnectorName, ref: ObjectRef) -> TargetObject:
        return await lookup.read(self._catalog.granted(caller, connector), ref)

    def search(self, caller: Caller, connector: ConnectorName, query: Query) -> AsyncIterator[Sequence[TargetObject]]:
        return lookup.search(self._catalog.granted(caller, connector), query)

    def full_import(
        self, caller: Caller, connector: ConnectorName, object_types: Sequence[ObjectType], page_size: int
    ) -> AsyncIterator[Sequence[TargetObject]]:
        return lookup.full_import(self._catalog.granted(caller, connector), object_types, page_size)

    def changes(
        self, caller: Caller, connector: ConnectorName, since: Watermark | None, page_size: int
    ) -> AsyncIterator[ChangePage]:
        return lookup.changes(self._catalog.granted(caller, connector), since, page_size)

    async def connectors(self, caller: Caller) -> Sequence[ConnectorStatus]:
        return [await self._connector_status(each) for each in self._catalog.visible(caller)]

    async def _connector_status(self, connector: HostedConnector) -> ConnectorStatus:
        backlog = await self._journal.history.backlog(connector.name)
        now = connector.breaker.condition
        return ConnectorStatus(connector.name, connector.spec.name, now.health, now.reason, moment(now.since), backlog)

    def watch_health(self, changed: HealthChanged) -> None:
        self._health_log.watch(changed)

    async def describe(self, caller: Caller, connector: ConnectorName) -> ConnectorDescription:
        found = self._catalog.granted(caller, connector)
        status = await self._connector_status(found)
        return ConnectorDescription(status, found.capabilities, await found.schema(), await found.partitions())

    async def test(self, caller: Caller, connector: ConnectorName) -> TestReport:
        found = self._catalog.granted(caller, connector)
        try:
            checks = await found.test()
        except BridgeError as error:
            log.warning("connector_test_failed", connector=connector, caller=caller.name, error=error)
            return TestReport(ok=False, checks=(error.message,))
        found.forget_schema()
        found.breaker.lift(time.time())
        self._dispatchers[connector].lifted()
        wrong = tuple(misfits(found, await found.schema()))
        return TestReport(ok=not wrong, checks=(*checks, *wrong))


def _policy(connector: HostedConnector) -> RetryPolicy:
    settings = connector.settings
    return RetryPolicy(
        settings.retry_first_seconds, settings.retry_longest_seconds, settings.max_age_days * SECONDS_A_DAY
    )
