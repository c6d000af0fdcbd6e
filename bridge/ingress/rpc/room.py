"""Room for what callers send and the journal does not have yet, in bytes on the wire: what is accepted waits on disk.

Asked by Submit, which refuses what there is no room for, and by the stream, which then reads no further, so that
HTTP/2 holds its caller back. Comes next: the engine's submit; after its commit the room is given back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bridge.model.errors import BacklogFullError

INTAKE_BYTES: Final = 32 * 1024 * 1024
"""Of all callers together. Decoded, an operation takes a few times its bytes on the wire."""
STREAM_BYTES: Final = 8 * 1024 * 1024
"""Of one stream, so that no stream takes the room of the others."""
_RETRY_SECONDS: Final = 1.0


class Room:
    """A message is let in if it fits, or if it is the only one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._freed = asyncio.Event()

    def _fits(self, size: int) -> bool:
        return not self._held or self._held + size <= self._limit

    async def take(self, size: int) -> None:
        """As soon as there is room."""
        while not self._fits(size):
            self._freed.clear()
            await self._freed.wait()
        self._held += size

    def give_back(self, size: int) -> None:
        self._held -= size
        self._freed.set()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Until the block ends; BacklogFullError if there is no room now."""
        if not self._fits(size):
            raise BacklogFullError("too much is being accepted at this moment", retry_after=_RETRY_SECONDS)
        self._held += size
        try:
            yield
        finally:
            self.give_back(size)
