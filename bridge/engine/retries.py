"""Whether operations of one connector are being retried, as one state: a line in the log when that begins and ends.

Told by the dispatcher what attempts came to. It ends when none has been retried for a while, so that a target that is
busy now and then is two lines a minute at most, and no operation has a line of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from bridge.engine.retry import RetryPolicy
from bridge.journal import Transition
from bridge.journal.entries import moment
from bridge.model.errors import Scope, by_code
from bridge.model.identity import ConnectorName
from bridge.model.lifecycle import State
from bridge.telemetry.logging import get_logger

log = get_logger()

QUIET_SECONDS = 60.0
"""Without a retried operation, until the connector counts as well again."""

_TRIED_AGAIN = frozenset({State.WAITING, State.UNCERTAIN})


class Retries:
    def __init__(self, connector: ConnectorName, policy: RetryPolicy) -> None:
        self._connector = connector
        self._policy = policy
        self._open: set[int] = set()
        """Sequences of those that failed and are tried again."""
        self._seen = 0
        self._since = 0.0
        self._quiet: asyncio.TimerHandle | None = None

    def concluded(self, transitions: Sequence[Transition]) -> None:
        """What attempts came to, after the commit."""
        for transition in transitions:
            if transition.state in _TRIED_AGAIN:
                self._begin(transition)
            elif self._open:
                self.ended(transition.entry.sequence)

    def _begin(self, transition: Transition) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        elif not self._open:
            self._since = time.time()
            self._tell(transition)
        if transition.entry.sequence not in self._open:
            self._seen += 1
            self._open.add(transition.entry.sequence)

    def _tell(self, transition: Transition) -> None:
        failure, policy = transition.conclusion.failure, self._policy
        kind = by_code().get(failure.code) if failure is not None else None
        # What is said of an object may name a person; what is said of the connector does not.
        speaks = failure is not None and kind is not None and kind.scope is Scope.CONNECTOR
        told = {
            "error": kind.__qualname__ if kind is not None else None,
            "code": failure.code if failure is not None else None,
            "reason": failure.message if speaks and failure is not None else None,
            "since": moment(self._since).isoformat(timespec="milliseconds"),
            "next": f"tried again after {policy.first:g} s, then ever later, at most every {policy.longest:g} s",
        }
        log.warning("retrying", connector=self._connector, **told)

    def ended(self, sequence: int) -> None:
        """That operation is not tried any more."""
        if sequence in self._open:
            self._open.discard(sequence)
            if not self._open:
                self._quiet = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._over)

    def _over(self) -> None:
        self._quiet = None
        seconds = round(max(0.0, time.time() - self._since - QUIET_SECONDS), 1)
        log.info("retrying_ended", connector=self._connector, seconds=seconds, count=self._seen)
        self._seen = 0
