"""A stored procedure or function, as the catalogue has it. Read by the dialects; called for by `actions.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class RoutineKind(StrEnum):
    PROCEDURE = "procedure"
    FUNCTION = "function"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    INOUT = "inout"


@dataclass(frozen=True, slots=True)
class Argument:
    """`type` is the catalogue's own text for it. `optional`: it has a default."""

    name: str
    direction: Direction
    type: str
    optional: bool = False

    @property
    def taken(self) -> bool:
        return self.direction is not Direction.OUT


@dataclass(frozen=True, slots=True)
class Routine:
    """`written` is its name as a statement writes it. `definition` is its text, where the login may read that."""

    kind: RoutineKind
    written: str
    arguments: tuple[Argument, ...]
    definition: str = ""

    @property
    def taken(self) -> Iterable[Argument]:
        return (each for each in self.arguments if each.taken)

    @property
    def told(self) -> list[str]:
        """Names of what it gives back."""
        return [each.name for each in self.arguments if each.direction is not Direction.IN]


def escaped(identifier: str) -> str:
    """An identifier of the catalogue, quoted already, so that no part of it looks like a parameter."""
    return identifier.replace(":", "\\:")
