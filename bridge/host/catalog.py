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
from bridge.host.health import Breaker, Condition
from bridge.host.instance import AnyAdapter
from bridge.model.capabilities import Capabilities, Replay, Verb
from bridge.model.errors import (
    BadCredentialsError,
    BridgeError,
    ConfigurationError,
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
SCHEMA_PATIENCE = 5.0
"""Seconds that callers wait for a target to tell its schema: all of them together, from when it was asked."""

Turned = Callable[[ConnectorName, Condition, Condition], None]
"""Told of a connector's condition before and now."""


class HostedConnector:
    """One connector: `workers` instances that write, one that reads, and one for each import while it runs.

    `turned`, which the engine sets, is told when its condition changes. `unopened` is set while somebody has to `open`
    it.
    """

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
        self.turned: Turned = _nobody
        self.unopened = asyncio.Event()
        self.unopened.set()
        begun = Condition(Health.UNOPENED, since=time.time())
        self.breaker = Breaker(settings.breaker_failures, settings.canary_seconds, begun, self._told)
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
        self._schema_old_at = float("inf")
        self._asked: asyncio.Task[Schema] | None = None
        self._asked_at = 0.0

    def _facade(self, make: Callable[[], AnyAdapter]) -> Facade:
        return Facade(make, self.name, self.settings.deadline_seconds, self._refused, self._misfit)

    def _make_unless_held(self) -> AnyAdapter:
        """Another try with the same account could lock it: only a test that a person asks for may do that."""
        if self.breaker.health is Health.HELD:
            raise ConnectionFailedError(f"connector {self.name} is held: {self.breaker.condition.reason}")
        return self._make()

    def _told(self, before: Condition, now: Condition) -> None:
        self.turned(self.name, before, now)

    def _refused(self, error: BadCredentialsError) -> None:
        self.breaker.refused(error.failure, time.monotonic(), time.time())

    def _misfit(self, error: ConfigurationError) -> None:
        self.breaker.unopened(error.failure, time.time())
        self.unopened.set()

    async def quiet(self) -> None:
        """Until no write that overran its deadline can still take effect; a target that hangs longer is not waited
        for without end."""
        for facade in self.workers:
            await facade.quiet(self.settings.deadline_seconds * QUIET_DEADLINES)

    async def open(self) -> None:
        """Try whether it can be opened and the target tells its schema; the breaker has what came of it."""
        self.unopened.clear()
        try:
            await asyncio.shield(self._ask())
        except BridgeError as error:
            found = error.__cause__ if isinstance(error.__cause__, BridgeError) else error
            self.breaker.unopened(found.failure, time.time())
        else:
            self.breaker.opened(time.time())

    async def schema(self) -> Schema:
        """The target's schema, read once and kept until `forget_schema`; while the target is down, the last it told.

        Whoever has an old one goes on with that while the target is asked."""
        known = self._schema
        if known is not None:
            if time.monotonic() > self._schema_old_at:
                self._ask()
            return known
        condition = self.breaker.condition
        if condition.health is Health.UNOPENED and condition.reason:
            return self._last_told(condition.reason)
        try:
            asked = self._ask()
            async with asyncio.timeout_at(self._asked_at + SCHEMA_PATIENCE):
                return await asyncio.shield(asked)
        except TimeoutError:
            return self._last_told("its target has not told its schema yet")
        except BridgeError as error:
            return self._last_told(error.message)

    def _last_told(self, reason: str) -> Schema:
        last = schema_file.read(self._schema_file)
        if last is None:
            raise ConnectionFailedError(f"connector {self.name} was never opened: {reason}")
        self._schema, self._schema_old_at = last, time.monotonic() + SCHEMA_RETRY_SECONDS
        return last

    def _ask(self) -> asyncio.Task[Schema]:
        """One asks the target at a time, for all."""
        if self._asked is None or self._asked.done():
            self._asked_at = asyncio.get_running_loop().time()
            self._asked = asyncio.create_task(self._read_schema(), name=f"schema {self.name}")
            self._asked.add_done_callback(_ended)
        return self._asked

    async def _read_schema(self) -> Schema:
        try:
            # On an instance of its own: one that is open already knows the schema that it was opened with.
            with closing(self._facade(self._make_unless_held)) as facade:
                schema = await facade.schema()
        except BridgeError:
            self._schema_old_at = time.monotonic() + SCHEMA_RETRY_SECONDS
            raise
        self._schema, self._schema_old_at = schema, float("inf")
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
        facade = Facade(self._make, self.name, self.settings.deadline_seconds, self._refused, _unheeded)
        with closing(facade):
            return await facade.test()

    def close(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
        for facade in (*self.workers, self.reader):
            facade.close()


def _nobody(connector: ConnectorName, before: Condition, now: Condition) -> None:
    """Until the engine wants to be told."""


def _unheeded(error: ConfigurationError) -> None:
    """What a test finds is told to who asked for it; connections that stand go on."""


def _ended(asked: asyncio.Task[Schema]) -> None:
    if not asked.cancelled():
        asked.exception()  # whoever waits for it hears of it; perhaps nobody does any more


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
