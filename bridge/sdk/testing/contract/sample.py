"""What an author declares of a target, so that the contract can make objects there.

Read by every behaviour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.sdk import Attributes, Name, ObjectType, Secret, Values


class Nul(StrEnum):
    """What the target does with a NUL character in text."""

    KEPT = "kept"
    REFUSED = "refused"


def no_attributes(_label: str) -> Attributes:
    """For targets that demand none."""
    return {}


@dataclass(frozen=True, kw_only=True)
class ObjectSample:
    """How to make objects of one type. `label` is any text, unlike that of any other object.

    `name` gives the object's name as the target spells it (an LDAP author escapes the label there),
    `attributes` the least that the target demands of a new object.
    """

    object_type: ObjectType
    name: Callable[[str], Name]
    attributes: Callable[[str], Attributes] = no_attributes


@dataclass(frozen=True, kw_only=True)
class ReferenceSample:
    """`holder` has the attribute, whose values refer to objects of `SampleObjects.object`.

    Where the target demands a value from the start, `holder.attributes` gives one.
    """

    holder: ObjectSample
    attribute: str


@dataclass(frozen=True, kw_only=True)
class SampleObjects:
    """The declared samples. What is left out is not tested.

    `text` is an attribute that takes any text and is in neither `object.attributes` nor `values`; `many`
    takes several texts. `values` has, for as many attributes as the target has types, values that it keeps.
    `illegal` has values that it refuses, by attribute. `ordered` is an integer attribute that a search can
    compare by size. `refused_names` are those of `HARD_TEXTS` of which the target makes no name.
    `deletes_unseen` says that a delta import of this target cannot tell deletes.
    """

    object: ObjectSample
    text: str
    many: str | None = None
    values: Mapping[str, Values] = field(default_factory=dict)
    illegal: Mapping[str, Values] = field(default_factory=dict)
    ordered: str | None = None
    reference: ReferenceSample | None = None
    nul: Nul = Nul.REFUSED
    deletes_unseen: bool = False
    password: Secret | None = None
    other_password: Secret | None = None
    bad_password: Secret | None = None
    refused_names: frozenset[str] = frozenset()
