"""The breaker of one connector: whether, and how many, operations may be sent to the target now. Pure, no clock.

After failures in a row that speak of the connector, not of an object, it opens: nothing is sent but one canary at a
time, after growing pauses. A canary that comes through lets 1, 2, 4, … operations fly until all may. Two refusals of
our own account hold the connector until a test succeeds: a third could lock the account at the target. Nothing is
sent either until the connector was opened, and while it cannot be opened as it is configured.

Asked by the dispatcher and by whoever opens a connection, told by the executor, the facades and the catalog.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.model.outcomes import Failure
from bridge.model.status import Health

UNLIMITED = 1 << 30
BAD_CREDENTIALS_TRIES = 2
FORGET_REFUSAL_SECONDS = 3600.0
"""A refusal that is longer ago does not count towards the tries."""
FIRST_PAUSE = 1.0
"""Seconds until the first canary; the pause doubles up to `canary_seconds`."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a connector fares. `code` is that of the error whose message `reason` is; `since` in seconds since 1970."""

    health: Health
    code: str = ""
    reason: str = ""
    since: float = 0.0


def _nobody(before: Condition, now: Condition) -> None:
    """Nobody wants to be told."""


@dataclass(slots=True)
class Breaker:
    """`failures` in a row open it. `canary_seconds` is the longest pause between two canaries. `told` is called at
    each change of health, and when something else keeps the connector from being opened."""

    failures: int
    canary_seconds: float
    condition: Condition = Condition(Health.OK)
    told: Callable[[Condition, Condition], None] = _nobody
    _failed: int = 0
    _refused: int = 0
    _refused_at: float = 0.0
    _pause: float = FIRST_PAUSE
    _canary_at: float = 0.0
    _allowed: int = UNLIMITED

    @property
    def health(self) -> Health:
        return self.condition.health

    def allowance(self, in_flight: int, now: float) -> int:
        """How many more operations may be sent. `now` is monotonic, in seconds."""
        if self.health in {Health.HELD, Health.UNOPENED} or (self.health is Health.OPEN and now < self._canary_at):
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
            self._turn(Condition(Health.OK, since=wall))
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
            self.condition = Condition(Health.OPEN, failure.code, failure.message, self.condition.since)
        elif self.health is Health.OK and self._failed >= self.failures:
            self._open(failure, now, wall)

    def refused(self, failure: Failure, now: float, wall: float) -> None:
        """The target refused our own account, whatever it was asked for: a write, a read or an import."""
        self._refused = self._refused + 1 if now - self._refused_at < FORGET_REFUSAL_SECONDS else 1
        self._refused_at = now
        if self._refused >= BAD_CREDENTIALS_TRIES:
            if self.health is not Health.HELD:
                self._turn(Condition(Health.HELD, failure.code, failure.message, wall))
        elif self.health is Health.OK:
            self._open(failure, now, wall)

    def _open(self, failure: Failure, now: float, wall: float) -> None:
        self._turn(Condition(Health.OPEN, failure.code, failure.message, wall))
        self._canary_at = now + self._pause

    def unopened(self, failure: Failure, wall: float) -> None:
        """It could not be opened; `opened` or `lift` ends that."""
        if self.health is Health.HELD:
            return
        since = self.condition.since if self.health is Health.UNOPENED else wall
        now = Condition(Health.UNOPENED, failure.code, failure.message, since)
        if (self.health, self.condition.code) != (now.health, now.code):
            self._turn(now)
        else:
            self.condition = now

    def opened(self, wall: float) -> None:
        """It was opened, and the target told its schema."""
        if self.health is Health.UNOPENED:
            self.lift(wall)

    def lift(self, wall: float) -> None:
        """A test of the connector succeeded."""
        self._failed = self._refused = 0
        self._pause = FIRST_PAUSE
        self._allowed = UNLIMITED
        if self.health is not Health.OK:
            self._turn(Condition(Health.OK, since=wall))

    def _turn(self, now: Condition) -> None:
        before, self.condition = self.condition, now
        self.told(before, now)
