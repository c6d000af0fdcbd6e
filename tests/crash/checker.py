"""The judge. Pure: what was asked and told, the journal's word, and the target's own record go in, violations come out.

An effect is a text such as ``count 5`` on one object. The caller's operations on one object form a lane, in order;
each has effects of its own that no other operation of the lane has, so that each entry of the target's record
belongs to one operation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from bridge.model.lifecycle import FINAL, State


class Repeat(Enum):
    """Whether the target may have been asked for an effect more than once."""

    NEVER = "never"
    HARMLESS = "harmless"
    """A second time is no different from the first: a password set again by an administrator."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation of the caller. `effects[0]` tells its place in the lane's order."""

    id: str
    lane: str
    effects: tuple[str, ...]
    repeat: Repeat = Repeat.NEVER


@dataclass(frozen=True, slots=True)
class Effect:
    """One change that the target recorded, at its place in the record."""

    lane: str
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each list has a line for each violation."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    """The caller was told something else than the journal or the target has."""

    @property
    def clean(self) -> bool:
        return not (self.lost or self.twice or self.reordered or self.untrue)

    def __str__(self) -> str:
        lists = {"lost": self.lost, "twice": self.twice, "reordered": self.reordered, "untrue": self.untrue}
        lines = [", ".join(f"{len(found)} {name}" for name, found in lists.items())]
        return "\n".join([*lines, *(f"  {name}: {each}" for name, found in lists.items() for each in found[:10])])


def judge(
    asked: Sequence[Asked],
    acknowledged: Iterable[str],
    told: Mapping[str, State],
    journal: Mapping[str, State],
    record: Sequence[Effect],
) -> Verdict:
    """`told` and `journal` have the state of each operation; `asked` and `record` are in order."""
    verdict = Verdict()
    _judge_words(verdict, set(acknowledged), told, journal)
    lanes: dict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        lanes[each.lane].append(each)
    effects: dict[str, list[str]] = defaultdict(list)
    for effect in record:
        effects[effect.lane].append(effect.what)
    for lane in lanes.keys() | effects.keys():
        _judge_lane(verdict, lane, lanes[lane], effects[lane], journal)
    return verdict


def _judge_words(
    verdict: Verdict, acknowledged: set[str], told: Mapping[str, State], journal: Mapping[str, State]
) -> None:
    missing = sorted(acknowledged - set(journal))
    verdict.lost.extend(f"{each} was acknowledged, the journal has none" for each in missing)
    for each, state in journal.items():
        if state not in FINAL:
            verdict.lost.append(f"{each} never settled, it is {state}")
    for each, state in told.items():
        if journal.get(each) is not state:
            verdict.untrue.append(f"{each} was told to be {state}, the journal has {journal.get(each)}")


def _judge_lane(
    verdict: Verdict, lane: str, asked: Sequence[Asked], record: Sequence[str], journal: Mapping[str, State]
) -> None:
    counts = Counter(record)
    for each in asked:
        _judge_operation(verdict, each, counts, succeeded=journal.get(each.id) is State.SUCCEEDED)
    known = {what for each in asked for what in each.effects}
    verdict.untrue.extend(f"{lane}: {what} was never asked for" for what in counts.keys() - known)
    places = {each.effects[0]: place for place, each in enumerate(asked)}
    order = [places[what] for what in record if what in places]
    for before, after in pairwise(order):
        if after < before:
            verdict.reordered.append(f"{lane}: {asked[after].effects[0]} came after {asked[before].effects[0]}")


def _judge_operation(verdict: Verdict, asked: Asked, counts: Counter[str], *, succeeded: bool) -> None:
    for what in asked.effects:
        count = counts[what]
        if succeeded and not count:
            verdict.lost.append(f"{asked.lane}: {asked.id} succeeded, the target has no {what}")
        if count > 1 and asked.repeat is Repeat.NEVER:
            verdict.twice.append(f"{asked.lane}: the target has {what} {count} times")
        if count and not succeeded:
            verdict.untrue.append(f"{asked.lane}: {asked.id} did not succeed, the target has {what}")
