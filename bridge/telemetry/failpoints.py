"""Named points at which a crash test ends the process, as SIGKILL would (delivery §2.2).

Nothing is armed unless the hidden option ``serve --crash-at POINT[:N]`` says so; then the N-th time that the point is
reached is the process's last.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum


class CrashPoint(StrEnum):
    RECEIVED = "C0"
    """Bytes received, not committed."""
    COMMITTED = "C1"
    """Committed, acknowledgement not sent."""
    ACKNOWLEDGED = "C2"
    """Acknowledged, not dispatched."""
    CLAIMED = "C3"
    """Claimed in memory, intent not written."""
    INTENDED = "C4"
    """Intent committed, call not sent."""
    CALLED = "C5"
    """Call under way: sent, no answer seen."""
    ANSWERED = "C6"
    """Answer there, result not committed."""
    SETTLED = "C7"
    """Settled, answer not delivered."""
    MIGRATING = "C11-migrate"
    PURGING = "C11-purge"
    COMMITTING = "C15"
    """In the middle of a transaction, before its commit."""


_armed: dict[CrashPoint, int] = {}


def arm(text: str) -> None:
    """`text` is ``POINT`` or ``POINT:N``; ValueError if there is no such point."""
    name, _, count = text.partition(":")
    _armed[CrashPoint(name)] = int(count or 1)


def reach(point: CrashPoint) -> None:
    """Die here, if this is the point and the time."""
    if not _armed or point not in _armed:
        return
    _armed[point] -= 1
    if _armed[point] <= 0:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
