"""Attribute values and the deltas that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.model.identity import ObjectRef
from bridge.model.secrets import Secret

Value = str | int | bool | bytes | datetime | ObjectRef | Secret
"""One value. `bool` is not an `int` here; a `datetime` has a zone; an `ObjectRef` is a reference."""

Values = tuple[Value, ...]
"""All values of one attribute. Empty means explicitly none. Order has no meaning."""

Attributes = Mapping[str, Values]

ENABLED = "enabled"
"""The boolean attribute by which every adapter offers enable and disable."""


class DeltaKind(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class AttributeDelta:
    """Add, remove or replace values of one attribute. Replace by no values clears the attribute."""

    attribute: str
    kind: DeltaKind
    values: Values
