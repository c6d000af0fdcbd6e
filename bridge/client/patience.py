"""How long a client goes on while the bridge does not answer, and how long it pauses between tries."""

from __future__ import annotations

import time
from typing import Final

from bridge.model.errors import BridgeError

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0


class Patience:
    """Counts from the first failure after the last progress; after `seconds` of that the error is raised."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None
        self._pause = _FIRST_PAUSE

    def progress(self) -> None:
        """The bridge did some of what was asked of it."""
        self._until = None
        self._pause = _FIRST_PAUSE

    def begins(self) -> float:
        """How many seconds of patience there are; 0 unless this is the first failure after progress."""
        return self._seconds if self._until is None else 0.0

    def wait(self, error: BridgeError) -> None:
        """Pause before the next try, or raise the error if patience is at its end."""
        pause = self._pause if error.retry_after is None else error.retry_after
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._seconds
        if now + pause > self._until:
            raise error
        time.sleep(pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
