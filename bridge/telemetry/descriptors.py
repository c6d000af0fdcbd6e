"""Tells in the log, once, that the process has no descriptor left: then nobody new can connect. Run by `service`.

Connections that stand go on. gRPC tries once a second whether it can take the next, so nothing else is to be done.
"""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import ExitStack

from bridge.telemetry import logging

CHECK_SECONDS = 1.0
SPARE = 16
"""So many must be free before it counts as over: the first that come free are taken by those who wait."""


async def watch() -> None:
    """Until cancelled."""
    exhausted = False
    while True:
        if exhausted is _can_have(SPARE if exhausted else 1):
            exhausted = not exhausted
            if exhausted:
                logging.get_logger().error(
                    "descriptors_exhausted",
                    reason="nobody new can connect; see who has so many connections, or raise LimitNOFILE",
                )
            else:
                logging.get_logger().info("descriptors_free")
        await asyncio.sleep(CHECK_SECONDS)


def _can_have(count: int) -> bool:
    with ExitStack() as opened:
        try:
            for _ in range(count):
                opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            return error.errno not in {errno.EMFILE, errno.ENFILE}
    return True
