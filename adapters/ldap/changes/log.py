"""What the logs of changes have in common: a position is the last entry seen, which must still be there. Pure.

Logs are trimmed from their beginning. So while the entry is there, nothing after it was trimmed, and it is the same
log, not one of another server, made anew or restored. Used by `accesslog` and `retro_changelog`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sdk import WatermarkExpiredError


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The last entry seen: its time or number, and its identity. Both are empty if the log was."""

    at: str
    identity: str

    def __str__(self) -> str:
        return f"{self.at} {self.identity}"


def last_seen(text: str, log: str) -> LastSeen:
    """WatermarkExpiredError if the text is no position."""
    at, space, identity = text.partition(" ")
    if not space or bool(at) != bool(identity):
        raise WatermarkExpiredError(f"the watermark is not of the log {log}; run a full import")
    return LastSeen(at, identity)


def check_there(seen: LastSeen, identity: str, log: str) -> None:
    """`identity` is that of the entry now at its place in the log, empty if there is none."""
    if seen.identity != identity:
        raise WatermarkExpiredError(
            f"{log} has no longer the entry that the watermark names, so it was trimmed or is another log; "
            "run a full import"
        )
