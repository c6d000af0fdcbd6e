"""What a connector offers, derived from the adapter's class and published as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bridge.model.operations import OperationKind


class Verb(StrEnum):
    """The SPI's verbs that a target may or may not have."""

    CREATE = "create"
    UPDATE = "update"
    RENAME = "rename"
    DELETE = "delete"
    SET_PASSWORD = "set_password"  # noqa: S105 - the name of a verb
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - the name of a verb
    GET = "get"
    SEARCH = "search"
    CHANGES = "changes"
    PARTITIONS = "partitions"


class Replay(StrEnum):
    """How a write whose outcome is in doubt is brought to one effect (delivery promise)."""

    CONDITIONAL = "conditional"
    """Read back; if absent, re-send so that the target itself refuses a second effect."""
    REPEAT = "repeat"
    """As CONDITIONAL, and it is sent again even where the object is as asked: the operation has steps beyond it.
    Not for creates, of which the second is refused."""
    PROBE = "probe"
    """Read back, then decide; a re-send is plain."""
    MARKER = "marker"
    """The target's own transaction holds a row that tells."""
    AT_MOST_ONCE = "at_most_once"
    """Cannot be told; a person decides."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    verbs: frozenset[Verb]
    replay: Mapping[OperationKind, Replay]
