"""A real engine in the test's own event loop: real journal on a temporary directory, real adapters, no process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.config.settings import ConnectorSettings
from bridge.engine.engine import BridgeEngine
from bridge.engine.executor import Granted
from bridge.host.catalog import Catalog, HostedConnector
from bridge.journal import Journal, Limits
from bridge.model import Caller, CallerName, ConnectorName, Operation, OperationStatus, Secret
from bridge.sdk.spec import AdapterSpec

ME = CallerName("local")


@dataclass
class Running:
    """`wait` gives an operation's final state; `caller` may use every connector."""

    engine: BridgeEngine
    journal: Journal
    catalog: Catalog
    caller: Caller

    async def submit(self, *operations: Operation) -> Sequence[OperationStatus]:
        answers = await self.engine.submit(self.caller, operations)
        refused = [each for each in answers if isinstance(each, Exception)]
        if refused:
            raise refused[0]
        return [each for each in answers if isinstance(each, OperationStatus)]

    async def settle(self, *operations: Operation, seconds: float = 20.0) -> Sequence[OperationStatus]:
        """Submit, and wait until all are final."""
        await self.submit(*operations)
        async with asyncio.timeout(seconds):
            return [await self.engine.wait(self.caller, each.id) for each in operations]


def connector_settings(spec: AdapterSpec, settings: Mapping[str, object], **options: object) -> ConnectorSettings:
    advised = {"workers": spec.workers, "batch_size": spec.batch_size, "settle_seconds": spec.settle_time}
    return ConnectorSettings.model_validate({"adapter": spec.name, **advised, **options}).model_copy(
        update={"settings": spec.load_config().model_validate(settings)}
    )


def _unused(_reference: str) -> Secret:
    return Secret("unused")


@asynccontextmanager
async def running(
    directory: Path,
    connectors: Mapping[str, tuple[AdapterSpec, ConnectorSettings]],
    limits: Limits | None = None,
    resolve_secret: Callable[[str], Secret] = _unused,
    granted: Granted = lambda _, __: True,
) -> AsyncIterator[Running]:
    """An engine that works until the block ends, then stops gracefully."""
    journal = Journal(directory / "journal", limits or Limits(pending=1_000_000, disk_reserve=0), _failed)
    catalog = Catalog(
        {
            ConnectorName(name): HostedConnector(ConnectorName(name), spec, settings, resolve_secret, directory)
            for name, (spec, settings) in connectors.items()
        }
    )
    engine = BridgeEngine(journal, catalog, granted)
    caller = Caller(ME, frozenset(ConnectorName(name) for name in connectors))
    stopping = asyncio.Event()
    test = asyncio.current_task()
    work = asyncio.create_task(engine.run(stopping))
    # A test that waits for an engine which has died is to hear of it.
    work.add_done_callback(
        lambda ended: test.cancel() if test and not stopping.is_set() and ended.exception() else None
    )
    try:
        yield Running(engine, journal, catalog, caller)
    finally:
        stopping.set()
        await work
        catalog.close()
        await journal.close()


def _failed(error: BaseException) -> None:
    raise AssertionError("the journal failed") from error
