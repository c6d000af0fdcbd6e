"""What the unit tests of the SQL adapter share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from adapters.sql.codec import Codec, Storage
from adapters.sql.codecs import codec_for

if TYPE_CHECKING:
    import sqlalchemy as sa

UTC_ZONE = ZoneInfo("UTC")


def codec(kind: sa.types.TypeEngine[Any], storage: Storage = Storage.NATIVE, zone: str = "UTC") -> Codec:
    found = codec_for(kind, storage, ZoneInfo(zone))
    assert found is not None
    return found
