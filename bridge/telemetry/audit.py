"""The audit trail's hash chain: each record's hash covers the record and the hash before it.

A record that was altered, removed or put in breaks every hash behind it. Written by the journal in the transaction
that it tells of, verified by ``ecma-bridge journal check``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

GENESIS = "0" * 64


class AuditEvent(StrEnum):
    ACCEPTED = "accepted"
    SETTLED = "settled"
    DOUBTED = "doubted"
    """A crash left it running; the target is read back."""
    PARKED = "parked"
    STEPPED = "stepped"
    """A person retried, cancelled or released it."""
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    number: int
    text: str
    hash: str


class AuditChain:
    """The end of the chain, from which the next record goes on."""

    def __init__(self, number: int, last: str) -> None:
        self.number = number
        self.last = last

    def append(self, text: str) -> AuditRecord:
        self.number += 1
        self.last = digest(self.last, text)
        return AuditRecord(self.number, text, self.last)


def digest(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous}{text}".encode()).hexdigest()


def breaks(records: Iterable[AuditRecord], number: int, last: str) -> Iterator[int]:
    """The numbers at which the chain that goes on from (`number`, `last`) does not hold."""
    for record in records:
        if record.number != number + 1 or record.hash != digest(last, record.text):
            yield record.number
        number, last = record.number, record.hash
