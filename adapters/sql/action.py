"""An operation that is carried out by statements or a procedure, bound to the live catalogue.

Made by `actions.py` when a connector opens; run by `steps.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from adapters.sql.modes import Rows


class Means(StrEnum):
    """A procedure may end the transaction that it is called in, so each call has one of its own."""

    STATEMENTS = "statements"
    PROCEDURE = "procedure"


@dataclass(frozen=True, slots=True)
class Step:
    """One statement. `where` is its place in the configuration, `attributes` those of its parameters that are ones."""

    where: str
    means: Means
    statement: sa.TextClause
    parameters: frozenset[str]
    attributes: frozenset[str]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Action:
    where: str
    means: Means
    steps: tuple[Step, ...]
    anchor_from: tuple[str, ...] | None

    @property
    def attributes(self) -> frozenset[str]:
        return frozenset().union(*(step.attributes for step in self.steps))
