"""What one operation asks of the tables: the hand-over from `translate.py` to `writer.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.sql.action import Action
from adapters.sql.anchors import Key
from adapters.sql.layout import ObjectLayout, TablePlace
from bridge.sdk import Attempt, DeltaKind, ObjectRef, OperationKind


@dataclass(frozen=True, slots=True)
class Clear:
    """Set a column to NULL if it holds one of `count` values: a removal from a single-valued attribute.

    Its binds are the column's own followed by ``_0``, ``_1``, …
    """

    attribute: str
    count: int


Setting = str | Clear
"""What an insert or update does to one column: set it (its attribute's name), or clear it."""


@dataclass(frozen=True, slots=True)
class RowReference:
    """A bind of the main statement whose value is the key of another object. A removal is content if there is none."""

    bind: str
    attribute: str
    ref: ObjectRef
    kind: DeltaKind


@dataclass(slots=True)
class TableChange:
    """Values of one multi-valued attribute. Encoded ones, and `references` that the transaction turns into keys."""

    place: TablePlace
    kind: DeltaKind
    values: list[object] = field(default_factory=list)
    references: list[ObjectRef] = field(default_factory=list)


@dataclass(slots=True)
class Change:
    """One operation, encoded and checked. `row` holds what the main statement binds, by bind name.

    `key` is the object's own, once known.
    Changes of the same `shape` run as one statement with many sets of parameters.
    """

    attempt: Attempt
    layout: ObjectLayout
    row: dict[str, object] = field(default_factory=dict)
    settings: tuple[Setting, ...] = ()
    references: list[RowReference] = field(default_factory=list)
    tables: list[TableChange] = field(default_factory=list)
    key: Key | None = None

    @property
    def kind(self) -> OperationKind:
        return self.attempt.operation.kind

    @property
    def action(self) -> Action | None:
        """What carries it out, where that is not the table itself."""
        return self.layout.actions.get(self.kind)

    @property
    def actions(self) -> list[Action]:
        """The same, and what carries out its values of many."""
        of_values = [action for each in self.tables for action in (each.place.add, each.place.remove)]
        return [action for action in (self.action, *of_values) if action is not None]

    @property
    def target(self) -> ObjectRef:
        return self.attempt.operation.target

    @property
    def shape(self) -> tuple[object, ...]:
        return (
            self.layout.object_type,
            self.kind,
            self.settings,
            tuple((each.place.attribute, each.kind) for each in self.tables),
        )
