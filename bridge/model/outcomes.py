"""What one attempt concluded (Outcome), and the final answer to the caller (Result)."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.model.identity import Anchor, Name, ObjectRef
from bridge.model.lifecycle import State


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, as data: `code` is the error class of `model/errors.py`.

    `message` is safe to show and to journal. `retry_after` is in seconds, where the target asked for it.
    """

    code: str
    message: str
    attributes: tuple[str, ...] = ()
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """The target took the change. A create tells the anchor; a rename may."""

    anchor: Anchor | None = None
    name: Name | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The target was verified to be in the desired state already."""

    anchor: Anchor | None = None
    name: Name | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Surely not applied, and may work later. `waits_for` is the object whose settlement wakes it, if known."""

    failure: Failure
    waits_for: ObjectRef | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not applied, and will never work as asked. `anchor` names the object that stands in the way, if known."""

    failure: Failure
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """May have been applied. `anchor` is kept where the target told it before the doubt began."""

    failure: Failure
    anchor: Anchor | None = None


Outcome = Applied | Unchanged | Deferred | Rejected | Uncertain


@dataclass(frozen=True, slots=True)
class Result:
    """The final answer: `state` is SUCCEEDED, REJECTED or CANCELLED.

    `unchanged` tells a success that found the desired state already there.
    """

    state: State
    anchor: Anchor | None = None
    name: Name | None = None
    unchanged: bool = False
    failure: Failure | None = None
