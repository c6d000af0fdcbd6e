"""What a source of changes is given and what it tells. Implemented by the sources, used by `tracking`."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from adapters.ldap.changes.contexts import Contexts
from adapters.ldap.lookup import Known, Plan
from bridge.sdk import Anchor, ObjectType, WatermarkExpiredError

T = TypeVar("T")

MOST_CHANGES: Final = 500_000
"""Changed entries that one delta import takes. With more, a full import is read in less memory and time."""

Position = Mapping[str, str]
"""Where a source stands, in its own words."""


class Run(Protocol):
    """Runs one plan to its end."""

    def __call__(self, plan: Plan[T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What a source works on. `root` is the root DSE, by attribute in lower case; `page_size` is the most entries to
    ask for at a time."""

    known: Known
    run: Run
    root: Mapping[str, Sequence[bytes]]
    contexts: Contexts
    page_size: int

    def told(self, attribute: str) -> str:
        """The first value of the root DSE's attribute, empty if it has none."""
        return next((each.decode("utf-8", "replace") for each in self.root.get(attribute.lower(), ())), "")


@dataclass(slots=True)
class Found:
    """What a source found out. `touched` has, for each anchor, the types that the entry is or may have been of, none if
    the source cannot tell; `moved` the DNs of entries that may have taken along what lies below them."""

    touched: dict[Anchor, tuple[ObjectType, ...]] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)

    def add(self, anchor: Anchor, types: Iterable[ObjectType]) -> None:
        held = self.touched.get(anchor, ())
        self.touched[anchor] = tuple(dict.fromkeys((*held, *types)))
        if len(self.touched) > MOST_CHANGES:
            raise WatermarkExpiredError(f"more than {MOST_CHANGES} entries changed; run a full import")


Gathering = Generator[None, None, Position]
"""Yields after each answer of the server, so that a long reading shows that it goes on; returns where it ended."""


class Source(Protocol):
    def missing(self, ground: Ground) -> str:
        """What to do so that the server offers it; empty if it does."""

    def position(self, ground: Ground) -> Position:
        """Where the server stands now."""

    def gather(self, ground: Ground, since: Position, found: Found) -> Gathering:
        """Put everything that changed since into `found`. WatermarkExpiredError if the server cannot tell."""
