"""Claims that are to be given out again: retries that are due, what a confirm sends again, what waited behind another
lane. Pure.

Used by the dispatcher. They go before the backlog, as their lanes are out already.
"""

from __future__ import annotations

from itertools import islice

from bridge.engine.claim import Claim

MANY = 1024
"""Claims, and bytes of their stored content, above which what is due stays in the journal."""
MANY_BYTES = 16 * 1024 * 1024


class Again:
    def __init__(self) -> None:
        self._claims: dict[int, Claim] = {}
        """By the sequence of the first operation, in order."""
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._claims)

    @property
    def is_full(self) -> bool:
        return len(self._claims) >= MANY or self._bytes >= MANY_BYTES

    def put(self, claim: Claim) -> None:
        """Behind the others; one that is there already stays as it is."""
        if claim.entry.sequence not in self._claims:
            self._claims[claim.entry.sequence] = claim
            self._bytes += claim.size

    def take(self, limit: int, limit_bytes: int) -> list[Claim]:
        """The first, ending with what reaches the limit in bytes."""
        out: list[Claim] = []
        for sequence in list(islice(self._claims, limit)):
            out.append(self._pop(sequence))
            limit_bytes -= out[-1].size
            if limit_bytes <= 0:
                break
        return out

    def withdraw(self, sequence: int) -> bool:
        """That operation is final. False if others go together with it: then its turn comes still."""
        claim = self._claims.get(sequence)
        if claim is not None and claim.joined:
            return False
        if claim is not None:
            self._pop(sequence)
        return True

    def _pop(self, sequence: int) -> Claim:
        claim = self._claims.pop(sequence)
        self._bytes -= claim.size
        return claim
