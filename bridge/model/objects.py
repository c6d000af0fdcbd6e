"""An object as a target holds it, and what became of it since: what reads and imports yield."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.model.attributes import Attributes
from bridge.model.identity import Anchor, Name, ObjectRef, ObjectType, Watermark


@dataclass(frozen=True, slots=True)
class TargetObject:
    """One object read from a target.

    `version` is the target's own mark of this state (entryCSN, row version, ETag), where it has one:
    a conditional write made from this reading carries it back.
    """

    object_type: ObjectType
    anchor: Anchor
    name: Name
    attributes: Attributes
    version: str | None = None

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.object_type, self.anchor, self.name)


@dataclass(frozen=True, slots=True)
class DeletedObject:
    """An object that is no longer in the target, or no longer in the connector's scope.

    A target that keeps only the anchor of what was deleted tells it for each object type that it can have been of. So
    there may be none of that type and anchor that anybody knew.
    """

    object_type: ObjectType
    anchor: Anchor


Change = TargetObject | DeletedObject
"""What a delta import tells of one object: the whole object as it is now, or that it is gone."""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes. A delta import that goes on from `watermark` misses nothing; None: only from an earlier one."""

    changes: Sequence[Change]
    watermark: Watermark | None = None
