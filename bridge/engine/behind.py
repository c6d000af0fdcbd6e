"""Claims that wait until an operation of another lane is final: a rename to a name that was another object's. Pure.

Used by the dispatcher, which then gives them out again.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from bridge.engine.claim import Claim


class Behind:
    def __init__(self) -> None:
        self._claims: dict[int, list[Claim]] = {}

    def put(self, after: int, claim: Claim) -> None:
        self._claims.setdefault(after, []).append(claim)

    @property
    def awaited(self) -> AbstractSet[int]:
        """Sequences of the operations that are waited for."""
        return self._claims.keys()

    def let_pass(self, after: int) -> list[Claim]:
        """That operation is final: those behind it wait no more."""
        passing = self._claims.pop(after, [])
        for claim in passing:
            claim.entry.after = None
        return passing
