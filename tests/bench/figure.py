"""A figure: a value, the limit that stands beside it, and what must be reached. Made by a group, told by `report`."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum


class Bound(Enum):
    """On which side of its number a figure must lie."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Target:
    """What must be reached: by the ratio where the figure has a limit, by the value where it has none."""

    bound: Bound
    number: float

    def reached(self, measured: float) -> bool:
        return measured >= self.number if self.bound is Bound.AT_LEAST else measured <= self.number


@dataclass(frozen=True, slots=True)
class Figure:
    """`limit` was measured in the same run, in the same unit, interleaved with `value`."""

    name: str
    value: float
    unit: str
    target: Target
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.limit is None else self.value / self.limit

    @property
    def ok(self) -> bool:
        return self.target.reached(self.value if self.ratio is None else self.ratio)

    @property
    def wanted(self) -> str:
        """The target in words."""
        what = self.unit if self.limit is None else "x limit"
        return f"{self.target.bound.value} {self.target.number:,g} {what}"


def at_least(number: float) -> Target:
    return Target(Bound.AT_LEAST, number)


def at_most(number: float) -> Target:
    return Target(Bound.AT_MOST, number)


def interleaved(rounds: int, *measurements: Callable[[int], float]) -> Sequence[float]:
    """The median of each measurement over rounds of A B, A B, …: what else the machine does meets all alike."""
    taken = [[measure(number) for measure in measurements] for number in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]
