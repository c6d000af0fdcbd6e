"""The breaker of one connector: whether, and how many, operations may be sent to the target now. Pure, no clock.

After failures in a row that speak of the connector, not of an object, it opens: nothing is sent but one canary at a
time, after growing pauses. A canary that comes through lets 1, 2, 4, … operations fly until all may. Two refusals of
our own account hold the connector until a test succeeds: a third could lock the account at the target.

Asked by the dispatcher and by whoever opens a connection, told by the executor and the facades.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.model.outcomes import Failure
from bridge.model.status import Health

UNLIMITED = 1 << 30
BAD_CREDENTIALS_TRIES = 2
FORGET_REFUSAL_SECONDS = 3600.0
"""A refusal that is longer ago does not count towards the tries."""
FIRST_PAUSE = 1.0
"""Seconds until the first canary; the pause doubles up to `canary_seconds`."""


@dataclass(slots=True)
class Breaker:
    """`failures` in a row open it. `canary_seconds` is the longest pause between two canaries."""

    failures: int
    canary_seconds: float
    health: Health = Health.OK
    reason: str = ""
    since: float = 0.0
    """Seconds since 1970, for people."""
    _failed: int = 0
    _refused: int = 0
    _refused_at: float = 0.0
    _pause: float = FIRST_PAUSE
    _canary_at: float = 0.0
    _allowed: int = UNLIMITED

    def allowance(self, in_flight: int, now: float) -> int:
        """How many more operations may be sent. `now` is monotonic, in seconds."""
        if self.health is Health.HELD or (self.health is Health.OPEN and now < self._canary_at):
            return 0
        limit = 1 if self.health is Health.OPEN else self._allowed
        return max(0, limit - in_flight)

    def opens_at(self) -> float | None:
        """When (monotonic) to ask again, if nothing may be sent before."""
        return self._canary_at if self.health is Health.OPEN else None

    def succeeded(self, wall: float) -> None:
        """The target was reached, whatever it said of the object."""
        self._failed = 0
        if self.health is Health.OPEN:
            self._turn(Health.OK, "", wall)
            self._pause = FIRST_PAUSE
            self._allowed = 1
        elif self._allowed < UNLIMITED:
            self._allowed = self._allowed * 2 if self._allowed < 1 << 12 else UNLIMITED

    def failed(self, failure: Failure, now: float, wall: float) -> None:
        """The connector failed. `now` is monotonic, `wall` seconds since 1970."""
        self._failed += 1
        if self.health is Health.OPEN:
            self._pause = min(self._pause * 2, self.canary_seconds)
            self._canary_at = now + self._pause
            self.reason = failure.message
        elif self.health is Health.OK and self._failed >= self.failures:
            self._open(failure, now, wall)

    def refused(self, failure: Failure, now: float, wall: float) -> None:
        """The target refused our own account, whatever it was asked for: a write, a read or an import."""
        self._refused = self._refused + 1 if now - self._refused_at < FORGET_REFUSAL_SECONDS else 1
        self._refused_at = now
        if self._refused >= BAD_CREDENTIALS_TRIES:
            self._turn(Health.HELD, failure.message, wall)
        elif self.health is Health.OK:
            self._open(failure, now, wall)

    def _open(self, failure: Failure, now: float, wall: float) -> None:
        self._turn(Health.OPEN, failure.message, wall)
        self._canary_at = now + self._pause

    def lift(self, wall: float) -> None:
        """A test of the connector succeeded."""
        self._failed = self._refused = 0
        self._pause = FIRST_PAUSE
        self._allowed = UNLIMITED
        if self.health is not Health.OK:
            self._turn(Health.OK, "", wall)

    def _turn(self, health: Health, reason: str, wall: float) -> None:
        self.health, self.reason, self.since = health, reason, wall
