"""The connectors of this process: each with its settings, its adapter instances and what its target looks like.

Made by the composition root, asked by the engine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

from bridge.config.settings import ConnectorSettings
from bridge.host import schema_file
from bridge.host.facade import Facade
from bridge.host.health import Breaker
from bridge.host.instance import AnyAdapter
from bridge.model.capabilities import Capabilities, Replay, Verb
from bridge.model.errors import (
    BadCredentialsError,
    BridgeError,
    ConnectionFailedError,
    PermissionDeniedError,
    UnknownConnectorError,
)
from bridge.model.identity import Caller, ConnectorName
from bridge.model.operations import OperationKind
from bridge.model.schema import Partition, Schema
from bridge.model.secrets import Secret
from bridge.model.status import Health
from bridge.sdk.context import AdapterContext
from bridge.sdk.spec import AdapterSpec
from bridge.sdk.spi import capabilities_of

IMPORTS_AT_ONCE = 2
QUIET_DEADLINES = 10
SCHEMA_RETRY_SECONDS = 60.0
"""Until the target is asked again for a schema that it could not tell."""


class HostedConnector:
    """One connector: `workers` instances that write, one that reads, and one for each import while it runs."""

    def __init__(
        self,
        name: ConnectorName,
        spec: AdapterSpec,
        settings: ConnectorSettings,
        resolve_secret: Callable[[str], Secret],
        schemas: Path,
    ) -> None:
        self.name = name
        self.spec = spec
        self.settings = settings
        self.breaker = Breaker(settings.breaker_failures, settings.canary_seconds, since=time.time())
        kind = spec.load_adapter()
        context = AdapterContext(name, resolve_secret)

        def make() -> AnyAdapter:
            return kind(settings.settings, context)

        self._make = make
        adapter = make()
        self.capabilities: Capabilities = capabilities_of(adapter)
        marked = self.capabilities.replay.get(OperationKind.UPDATE) is Replay.MARKER
        self.joined = 1 if marked else adapter.joined_changes
        """Most changes of one object's values in one call; a marker is of one operation."""
        self.workers = [self._facade(self._make_unless_held) for _ in range(settings.workers)]
        self.reader = self._facade(self._make_unless_held)
        self._imports = asyncio.Semaphore(IMPORTS_AT_ONCE)
        self._schema_file = schemas / f"{name}.json"
        self._schema: Schema | None = None
        self._schema_turn = asyncio.Lock()
        self._schema_old_at = float("inf")

    def _facade(self, make: Callable[[], AnyAdapter]) -> Facade:
        return Facade(make, self.name, self.settings.deadline_seconds, self._refused)

    def _make_unless_held(self) -> AnyAdapter:
        """Another try with the same account could lock it: only a test that a person asks for may do that."""
        if self.breaker.health is Health.HELD:
            raise ConnectionFailedError(f"connector {self.name} is held: {self.breaker.reason}")
        return self._make()

    def _refused(self, error: BadCredentialsError) -> None:
        self.breaker.refused(error.failure, time.monotonic(), time.time())

    async def quiet(self) -> None:
        """Until no write that overran its deadline can still take effect; a target that hangs longer is not waited
        for without end."""
        for facade in self.workers:
            await facade.quiet(self.settings.deadline_seconds * QUIET_DEADLINES)

    async def schema(self) -> Schema:
        """The target's schema, read once and kept until `forget_schema`; while the target is down, the last it told.

        One asks the target at a time; whoever has an old one meanwhile goes on with that."""
        known = self._schema
        if known is not None and (time.monotonic() <= self._schema_old_at or self._schema_turn.locked()):
            return known
        async with self._schema_turn:
            if self._schema is None or time.monotonic() > self._schema_old_at:
                self._schema = await self._read_schema()
            return self._schema

    async def _read_schema(self) -> Schema:
        try:
            schema = await self.reader.schema()
        except BridgeError:
            last = self._schema or schema_file.read(self._schema_file)
            if last is None:
                raise
            self._schema_old_at = time.monotonic() + SCHEMA_RETRY_SECONDS
            return last
        self._schema_old_at = float("inf")
        # Without the file a start while the target is down accepts nothing; on a full disk that is the lesser evil.
        with suppress(OSError):
            schema_file.write(self._schema_file, schema)
        return schema

    def forget_schema(self) -> None:
        """Read it anew next time: a test was asked for, or the target refused what its schema had allowed."""
        self._schema = None

    async def partitions(self) -> tuple[Partition, ...]:
        if Verb.PARTITIONS not in self.capabilities.verbs:
            return ()
        return tuple(await self.reader.partitions())

    @asynccontextmanager
    async def importing(self) -> AsyncIterator[Facade]:
        """An instance of its own for a search or an import, so that it never delays a write or a read."""
        async with self._imports:
            with closing(self._facade(self._make_unless_held)) as facade:
                yield facade

    async def test(self) -> Sequence[str]:
        """A thorough test, on an instance of its own, also while the connector is held."""
        with closing(self._facade(self._make)) as facade:
            return await facade.test()

    def close(self) -> None:
        for facade in (*self.workers, self.reader):
            facade.close()


class Catalog:
    """The connectors by name."""

    def __init__(self, connectors: Mapping[ConnectorName, HostedConnector]) -> None:
        self._connectors = connectors

    def __iter__(self) -> Iterator[HostedConnector]:
        return iter(self._connectors.values())

    def __getitem__(self, name: ConnectorName) -> HostedConnector:
        return self._connectors[name]

    def granted(self, caller: Caller, name: ConnectorName) -> HostedConnector:
        """The connector, if the caller may use it."""
        found = self._connectors.get(name)
        if found is not None and caller.may_use(name):
            return found
        allowed = ", ".join(sorted(caller.connectors)) or "none"
        if found is None:
            raise UnknownConnectorError(f"there is no connector {name!r}; caller {caller.name} may use: {allowed}")
        raise PermissionDeniedError(f"caller {caller.name} may not use connector {name!r}; it may use: {allowed}")

    def visible(self, caller: Caller) -> list[HostedConnector]:
        return [each for each in self if caller.may_use(each.name)]

    def close(self) -> None:
        for connector in self:
            connector.close()
