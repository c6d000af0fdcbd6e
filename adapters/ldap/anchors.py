"""How a server writes the attribute that identifies an entry, and how a request can be addressed by it. Pure.

Each server kind has one form; used by `server_kind`, and through it by `translate` and `lookup`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_GUID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class AnchorForm:
    """`address` gives what stands for the entry's DN in a request, None where the server knows no such thing."""

    to_text: Callable[[bytes], str]
    to_bytes: Callable[[str], bytes]
    address: Callable[[str], str | None]


def _as_text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _guid_to_text(content: bytes) -> str:
    """Microsoft's form: the first three fields have their lowest byte first."""
    return str(uuid.UUID(bytes_le=content)) if len(content) == _GUID_BYTES else _as_text(content)


def _guid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _guid_to_bytes(text: str) -> bytes:
    """What is no GUID is sent as it is, and found nowhere."""
    guid = _guid(text)
    return text.encode() if guid is None else guid.bytes_le


def _guid_address(text: str) -> str | None:
    guid = _guid(text)
    return None if guid is None else f"<GUID={guid}>"


TEXT: Final = AnchorForm(_as_text, str.encode, lambda _: None)
GUID: Final = AnchorForm(_guid_to_text, _guid_to_bytes, _guid_address)
