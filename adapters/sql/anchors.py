"""The text form of a key: an anchor. Pure; used wherever a key meets a caller.

One column: the value as text. Several: each percent-encoded (RFC 3986 §2.1), joined by commas, in the order of the
configuration: ``7,caf%C3%A9``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import sqlalchemy as sa

from adapters.sql.codec import Codec
from bridge.sdk import Anchor, AttributeType, InvalidValueError

Key = tuple[object, ...]
"""The values of the anchor's columns, as the driver has them."""


@dataclass(frozen=True, slots=True)
class AnchorForm:
    """The anchor's columns, the codec of each, and the names under which statements bind them."""

    columns: tuple[sa.Column[Any], ...]
    codecs: tuple[Codec, ...]

    def text(self, key: Sequence[Any]) -> Anchor:
        if len(key) == 1:
            return Anchor(str(key[0]))
        return Anchor(",".join(quote(str(each), safe="") for each in key))

    def key(self, anchor: Anchor) -> Key | None:
        """The key that has this text; None if no row can have it."""
        parts = [anchor] if len(self.columns) == 1 else [unquote(each) for each in anchor.split(",")]
        if len(parts) != len(self.columns):
            return None
        try:
            key = tuple(_parsed(codec, part) for codec, part in zip(self.codecs, parts, strict=True))
        except ValueError:
            return None
        # Text such as "007" reads as the key 7 but is not its anchor.
        return key if self.text(key) == anchor else None

    def check(self, anchor: Anchor, attribute: str) -> None:
        """InvalidValueError naming the attribute where the anchor stood, if no row can have this anchor."""
        if self.key(anchor) is None:
            forms = ",".join(f"<{codec.type}>" for codec in self.codecs)
            columns = ", ".join(column.name for column in self.columns)
            raise InvalidValueError(
                f"{attribute!r}: no object has an anchor such as {anchor!r}; it is {forms}, from {columns}",
                attributes=(attribute,),
            )


def _parsed(codec: Codec, part: str) -> object:
    return codec.encode(int(part) if codec.type is AttributeType.INTEGER else part)
