"""The only caller of an adapter: one thread hop for a batch, a deadline, and no trust.

What an adapter raises or returns is checked here: every operation gets exactly one outcome, an unknown exception
shows only its class, and a secret of the batch never stands in a message. An instance whose call overran its deadline
is abandoned with its thread, and a new one takes its place: a hung call never delays the next.

Called by the executor, the confirm and lookup. Comes next: the adapter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog

from bridge.host import outcomes
from bridge.host.instance import AnyAdapter, Instance
from bridge.model.errors import (
    BadCredentialsError,
    BridgeError,
    ConfigurationError,
    OperationTimeoutError,
    UnexpectedError,
    UnsupportedError,
    outcome_of,
)
from bridge.model.identity import CallerName, ObjectRef, OperationId, Watermark
from bridge.model.objects import ChangePage, TargetObject
from bridge.model.operations import Attempt
from bridge.model.outcomes import Applied, Outcome
from bridge.model.schema import Partition, Schema
from bridge.sdk.spi import Gets, HasPartitions, KeepsMarkers, Query, Searches, TracksChanges
from bridge.telemetry.failpoints import CrashPoint, reach

log = structlog.get_logger(__name__)

AnswerT = TypeVar("AnswerT")
InterfaceT = TypeVar("InterfaceT")


class Facade:
    """One adapter instance, called with one call at a time. `deadline` is in seconds, for one call.

    `refused` is told whenever the target refuses our own account, `misfit` whenever the adapter cannot be opened as
    it is configured.
    """

    def __init__(
        self,
        make: Callable[[], AnyAdapter],
        name: str,
        deadline: float,
        refused: Callable[[BadCredentialsError], None],
        misfit: Callable[[ConfigurationError], None],
    ) -> None:
        self._make = make
        self._refused = refused
        self._misfit = misfit
        self._name = name
        self._deadline = deadline
        self._instance = Instance(make, name)
        self._turn = asyncio.Lock()
        self._abandoned: set[asyncio.Future[Any]] = set()

    async def export(self, batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
        """One outcome for each operation of the batch, whatever the adapter does."""

        def work(adapter: AnyAdapter) -> Mapping[OperationId, Outcome]:
            reach(CrashPoint.INTENDED)
            answered = adapter.export(batch)
            reach(CrashPoint.CALLED)
            return answered

        try:
            answered = await self._call(work)
        except BridgeError as error:
            outcome = outcomes.scrubbed(outcome_of(error), outcomes.secrets_of(batch))
            return {attempt.operation.id: outcome for attempt in batch}
        return outcomes.checked(self._name, batch, answered)

    async def get(self, ref: ObjectRef) -> TargetObject | None:
        return await self._call(lambda adapter: _as(adapter, Gets).get(ref))  # type: ignore[type-abstract]  # asked for, not made

    async def applied(self, caller: CallerName, operations: Sequence[OperationId]) -> Mapping[OperationId, Applied]:
        return await self._call(lambda adapter: _as(adapter, KeepsMarkers).applied(caller, operations))  # type: ignore[type-abstract]  # as above

    async def schema(self) -> Schema:
        return await self._call(lambda adapter: adapter.schema())

    async def partitions(self) -> Sequence[Partition]:
        return await self._call(lambda adapter: _as(adapter, HasPartitions).partitions())  # type: ignore[type-abstract]  # as above

    async def test(self) -> Sequence[str]:
        return await self._call(lambda adapter: adapter.test())

    async def search(self, query: Query) -> AsyncIterator[Sequence[TargetObject]]:
        """Pages until all were given; the deadline is for one page."""
        pages = await self._call(lambda adapter: _as(adapter, Searches).search(query))  # type: ignore[type-abstract]  # as above
        while (page := await self._call(lambda _: next(pages, None))) is not None:
            yield page

    async def watermark(self) -> Watermark:
        return await self._call(lambda adapter: _as(adapter, TracksChanges).watermark())  # type: ignore[type-abstract]  # as above

    async def changes(self, since: Watermark, page_size: int) -> AsyncIterator[ChangePage]:
        """Pages until all was told; the deadline is for one page."""
        pages = await self._call(lambda adapter: _as(adapter, TracksChanges).changes(since, page_size))  # type: ignore[type-abstract]  # as above
        while (page := await self._call(lambda _: next(pages, None))) is not None:
            yield page

    def close(self) -> None:
        self._instance.end()

    async def _call(self, work: Callable[[AnyAdapter], AnswerT]) -> AnswerT:
        async with self._turn:
            call = self._instance.call(work)
            # Whoever waits for it may be cancelled; then nobody asks how it ended.
            call.add_done_callback(asyncio.Future.exception)
            await asyncio.wait({call}, timeout=self._deadline)
            if not call.done():
                self._abandon(call)
                raise OperationTimeoutError(f"{self._name}: the target did not answer within {self._deadline:g} s")
            try:
                return call.result()
            except BadCredentialsError as error:
                self._refused(error)
                raise
            except BridgeError as error:
                if isinstance(error.__cause__, ConfigurationError):
                    self._misfit(error.__cause__)
                raise
            except Exception as error:
                log.exception("adapter_bug", connector=self._name, error=type(error).__qualname__)
                raise UnexpectedError(f"{self._name}: the adapter raised {type(error).__qualname__}") from None

    async def quiet(self, limit: float) -> None:
        """Until no abandoned call can still write, at most `limit` seconds: its thread goes on with its batch."""
        if self._abandoned:
            await asyncio.wait(self._abandoned, timeout=limit)

    def _abandon(self, call: asyncio.Future[Any]) -> None:
        self._abandoned.add(call)
        call.add_done_callback(self._abandoned.discard)
        log.warning("adapter_abandoned", connector=self._name, seconds=self._deadline)
        self._instance.end()
        self._instance = Instance(self._make, self._name)


def _as(adapter: AnyAdapter, interface: type[InterfaceT]) -> InterfaceT:
    if not isinstance(adapter, interface):
        raise UnsupportedError(f"the adapter does not offer {interface.__name__}")
    return adapter
