"""Which of a connector's servers is used. Pure but for the clock; asked by `client`.

All instances of a connector in this process use one server, so that what one of them wrote another one reads, and a
write in doubt is read back where it went. It is left only when it cannot be reached, and not before its last write is
surely on the others: a replica that lags would show an object as absent that is there.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bridge.sdk import ConnectionFailedError, ConnectorName

FIRST_PAUSE: Final = 60.0
LONGEST_PAUSE: Final = 3600.0
"""Seconds until a server that could not be reached is tried again while another one serves; doubled each time."""


class Servers:
    """Shared by the threads of all instances. `urls` in order of preference, `replication` in seconds."""

    def __init__(self, urls: Sequence[str], replication: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._urls = urls
        self._replication = replication
        self._clock = clock
        self._lock = threading.Lock()
        self._current: str | None = None
        self._writing = 0
        """How many instances have writes under way, all on the current server."""
        self._bound_until = float("-inf")
        self._failures: dict[str, tuple[int, float]] = {}
        """By url: how often in a row, and until when it is left alone."""
        self._back_since: dict[str, float] = {}
        """By url: since when one that is preferred has been seen to be there again."""

    def candidates(self) -> Sequence[str]:
        """Those to connect to, in that order. Only the current one while its last write may not be on the others."""
        with self._lock:
            if self._current is not None and self._is_bound():
                return (self._current,)
            preferred = sorted(self._urls, key=lambda url: url != self._current)
            return sorted(preferred, key=self._is_left_alone)

    def is_current(self, url: str) -> bool:
        with self._lock:
            return url == self._current

    def connected(self, url: str) -> None:
        """All instances go on with that one. ConnectionFailedError if another one has written elsewhere meanwhile."""
        with self._lock:
            if url != self._current and self._current is not None and self._is_bound():
                raise ConnectionFailedError(f"{self._current} was written to meanwhile; {url} is not used yet")
            self._current = url
            self._failures.pop(url, None)
            self._back_since.pop(url, None)

    def failed(self, url: str) -> None:
        with self._lock:
            self._back_since.pop(url, None)
            if self._is_left_alone(url):
                return  # other instances find out the same
            times, _ = self._failures.get(url, (0, 0.0))
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(times, 20))
            self._failures[url] = times + 1, self._clock() + pause

    @contextlib.contextmanager
    def writing(self, url: str) -> Iterator[None]:
        """Around an exchange that writes. ConnectionFailedError, before anything is sent, if another instance has gone
        to another server meanwhile."""
        with self._lock:
            if url != self._current:
                raise ConnectionFailedError(f"{url} is no longer the server in use")
            self._writing += 1
        try:
            yield
        finally:
            with self._lock:
                self._writing -= 1
                self._bound_until = self._clock() + self._replication

    def preferred(self) -> str | None:
        """A server to look for: preferred to the current one, not known to be away, and no write hinders."""
        with self._lock:
            if self._current is None or self._is_bound():
                return None
            before = self._urls[: self._urls.index(self._current)]
            return next((url for url in before if not self._is_left_alone(url) and not self._catches_up(url)), None)

    def came_back(self, url: str) -> bool:
        """That one is there. Whether it has been for so long that what it missed must have arrived."""
        with self._lock:
            self._back_since.setdefault(url, self._clock())
            return not self._catches_up(url)

    def _is_bound(self) -> bool:
        return self._writing > 0 or self._clock() < self._bound_until

    def _catches_up(self, url: str) -> bool:
        return self._clock() < self._back_since.get(url, float("-inf")) + self._replication

    def _is_left_alone(self, url: str) -> bool:
        return self._clock() < self._failures.get(url, (0, float("-inf")))[1]


_SHARED: Final[dict[tuple[ConnectorName, Sequence[str]], Servers]] = {}
_SHARING = threading.Lock()


def servers_of(connector: ConnectorName, urls: Sequence[str], replication: float) -> Servers:
    """The same for all instances of a connector."""
    with _SHARING:
        return _SHARED.setdefault((connector, tuple(urls)), Servers(urls, replication))
