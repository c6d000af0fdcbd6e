"""The opener: opens each connector at the start, and again and again while it cannot be opened.

Nothing is sent to the target meanwhile, so no operation is used up in finding out. Started by the engine, one for
each connector, so that none waits for another. Comes next: the dispatcher gives out what waits.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bridge.engine.dispatcher import Dispatcher
from bridge.engine.numbers import misfits
from bridge.host.catalog import HostedConnector
from bridge.host.health import FIRST_PAUSE
from bridge.model.errors import BridgeError
from bridge.model.status import Health
from bridge.telemetry.logging import get_logger

log = get_logger()


async def run(connector: HostedConnector, dispatcher: Dispatcher) -> None:
    """Runs until cancelled."""
    while True:
        await connector.unopened.wait()
        await _open(connector)
        dispatcher.lifted()
        await _tell_misfits(connector)


async def _tell_misfits(connector: HostedConnector) -> None:
    """Its operations go on: the numbers concern creates only, and some callers give their own."""
    with suppress(BridgeError):  # held meanwhile, and it was never opened
        for reason in misfits(connector, await connector.schema()):
            log.warning("numbers_misfit", connector=connector.name, reason=reason)


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
