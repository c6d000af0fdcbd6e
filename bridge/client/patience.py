"""How long a client goes on while the bridge does not answer: with growing pauses, until no progress was seen too long."""

from __future__ import annotations

import time
from typing import Final

from bridge.model.errors import BridgeError

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0


class Patience:
    """Counts from the last progress. `seconds` without any, and the error is raised."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.progress()

    def progress(self) -> None:
        """The bridge answered something."""
        self._until = time.monotonic() + self._seconds
        self._pause = _FIRST_PAUSE

    def wait(self, error: BridgeError) -> None:
        """Pause before the next try, or raise the error if patience is at its end."""
        pause = self._pause if error.retry_after is None else error.retry_after
        if time.monotonic() + pause > self._until:
            raise error
        time.sleep(pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
