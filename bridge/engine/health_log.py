"""Tells the log how each connector fares: one line when that changes, none for an operation.

A warning says what is wrong, since when, and what happens next; an info that it is over, for how long it lasted and
how many operations waited. Told by the breakers through the catalog; whoever watches is told as well.
"""

from __future__ import annotations

import asyncio
from typing import assert_never

from bridge.engine.interface import HealthChanged
from bridge.host.catalog import Catalog, HostedConnector
from bridge.host.health import FIRST_PAUSE, Condition
from bridge.journal import Journal
from bridge.journal.entries import moment
from bridge.model.errors import by_code
from bridge.model.identity import ConnectorName
from bridge.model.status import Health
from bridge.telemetry.logging import get_logger

log = get_logger()

Change = tuple[ConnectorName, Condition, Condition]


class HealthLog:
    def __init__(self, journal: Journal, catalog: Catalog) -> None:
        self._journal = journal
        self._catalog = catalog
        self._watching: list[HealthChanged] = []
        self._changes: asyncio.Queue[Change] = asyncio.Queue()
        for connector in catalog:
            connector.turned = self._turned

    def watch(self, changed: HealthChanged) -> None:
        self._watching.append(changed)
        for connector in self._catalog:
            changed(connector.name, connector.breaker.health)

    def _turned(self, connector: ConnectorName, before: Condition, now: Condition) -> None:
        self._changes.put_nowait((connector, before, now))
        for changed in self._watching:
            changed(connector, now.health)

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            name, before, now = await self._changes.get()
            if now.health is Health.OK:
                await self._tell_good(name, before, now)
            else:
                _tell_bad(self._catalog[name], now)

    async def _tell_good(self, name: ConnectorName, before: Condition, now: Condition) -> None:
        seconds = round(max(0.0, now.since - before.since), 1)
        if not before.reason:
            log.info("connector_opened", connector=name, seconds=seconds)
            return
        backlog = await self._journal.history.backlog(name)
        waited = backlog.accepted + backlog.running + backlog.waiting + backlog.uncertain
        log.info("connector_recovered", connector=name, health=before.health, seconds=seconds, waited=waited)


def _tell_bad(connector: HostedConnector, now: Condition) -> None:
    kind = by_code().get(now.code)
    told = {
        "connector": connector.name,
        "error": kind.__qualname__ if kind is not None else None,
        "code": now.code,
        "reason": now.reason,
        "since": moment(now.since).isoformat(timespec="milliseconds"),
        "next": _next(connector, now.health),
    }
    match now.health:
        case Health.OPEN:
            log.warning("breaker_opened", **told)
        case Health.HELD:
            log.warning("connector_held", **told)
        case Health.UNOPENED:
            log.warning("connector_not_opened", **told)


def _next(connector: HostedConnector, health: Health) -> str:
    longest = f"{connector.settings.canary_seconds:g} s"
    match health:
        case Health.OPEN:
            return (
                f"one operation at a time tries, after {FIRST_PAUSE:g} s, then ever less often, at most every {longest}"
            )
        case Health.HELD:
            return (
                f"nothing is sent; mend the account or its secret, then: ecma-bridge connectors test {connector.name}"
            )
        case Health.UNOPENED:
            return f"nothing is sent; opening it is tried again, at least every {longest}"
        case Health.OK:
            return ""
    assert_never(health)
