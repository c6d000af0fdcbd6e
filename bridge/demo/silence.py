"""A limit to waiting: a bridge that owes a result and never gives it must not hold the demo for ever.

Used by `scenario` around the client's stream, which has patience with a bridge that restarts, and waits without end
for one that is there.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final, TypeVar

_AHEAD: Final = 16

Item = TypeVar("Item")


class _End(Enum):
    REACHED = "reached"


def until_silence(items: Iterable[Item], seconds: float) -> Iterator[Item]:
    """The items, to the end or until none came for so long. Raises what the iteration raises."""
    arrived: queue.Queue[Item | Exception | _End] = queue.Queue(_AHEAD)
    threading.Thread(target=_feed, args=(items, arrived), name="demo-stream", daemon=True).start()
    while True:
        try:
            item = arrived.get(timeout=seconds)
        except queue.Empty:
            return
        if isinstance(item, _End):
            return
        if isinstance(item, Exception):
            raise item
        yield item


def _feed(items: Iterable[Item], arrived: queue.Queue[Item | Exception | _End]) -> None:
    try:
        for item in items:
            arrived.put(item)
    except Exception as error:  # noqa: BLE001 - handed over, not swallowed
        arrived.put(error)
    else:
        arrived.put(_End.REACHED)
