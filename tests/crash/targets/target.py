"""What every target of a crash test offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tests.crash.checker import Asked, Effect
from tests.crash.workload import Vocabulary

RETRIES = {
    "retry_first_seconds": 0.05,
    "retry_longest_seconds": 0.5,
    "canary_seconds": 0.5,
    "deadline_seconds": 10.0,
    "settle_seconds": 0.1,
}
"""Every call of a killed bridge reaches these targets, or does not, at once: a short settle time is true here."""


class Target(Protocol):
    name: str
    vocabulary: Vocabulary

    def connector(self) -> Mapping[str, Any]:
        """The connector's part of the bridge's configuration."""
        ...

    def record(self, asked: Sequence[Asked]) -> Sequence[Effect]:
        """What was done to the objects of `asked`, in the target's own order."""
        ...
