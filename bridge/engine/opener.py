"""The opener: opens each connector at the start, and again and again while it cannot be opened.

Nothing is sent to the target meanwhile, so no operation is used up in finding out. Started by the engine, one for
each connector, so that none waits for another. Comes next: the dispatcher gives out what waits.
"""

from __future__ import annotations

import asyncio

from bridge.engine.dispatcher import Dispatcher
from bridge.host.catalog import HostedConnector
from bridge.host.health import FIRST_PAUSE
from bridge.model.status import Health


async def run(connector: HostedConnector, dispatcher: Dispatcher) -> None:
    """Runs until cancelled."""
    while True:
        await connector.unopened.wait()
        await _open(connector)
        dispatcher.lifted()


async def _open(connector: HostedConnector) -> None:
    """Until it is open, or held for another reason; a test by a person may open it meanwhile."""
    longest = connector.settings.canary_seconds
    pause = min(FIRST_PAUSE, longest)
    await connector.open()
    while connector.breaker.health is Health.UNOPENED:
        await asyncio.sleep(pause)
        pause = min(pause * 2, longest)
        if connector.breaker.health is Health.UNOPENED:
            await connector.open()
