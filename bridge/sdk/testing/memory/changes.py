"""Which objects of a store changed, in the order of their last change. Called under the store's lock."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from bridge.sdk import Anchor, ObjectType, Watermark, WatermarkExpiredError


class ChangeLog:
    """It lives as long as the process: a watermark of an earlier one has expired."""

    def __init__(self) -> None:
        self._incarnation: Final = secrets.token_hex(8)
        self._number = 0
        self._last: dict[Anchor, tuple[int, ObjectType]] = {}

    def note(self, anchor: Anchor, object_type: ObjectType) -> None:
        self._number += 1
        self._last.pop(anchor, None)  # so that the order of the dict is the order of the changes
        self._last[anchor] = (self._number, object_type)

    def watermark(self) -> Watermark:
        return Watermark(f"{self._incarnation}:{self._number}")

    def since(self, watermark: Watermark) -> Sequence[tuple[Anchor, ObjectType]]:
        """Every object that changed after that watermark, the latest last."""
        incarnation, _, number = watermark.partition(":")
        if incarnation != self._incarnation or not number.isdecimal() or int(number) > self._number:
            raise WatermarkExpiredError(f"the store knows no watermark {watermark!r}; run a full import")
        return [(anchor, kind) for anchor, (last, kind) in self._last.items() if last > int(number)]
