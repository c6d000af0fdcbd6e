"""An object as a target holds it: what reads and imports yield."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.model.attributes import Attributes
from bridge.model.identity import Anchor, Name, ObjectRef, ObjectType


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
