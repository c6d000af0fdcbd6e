"""Names and identifiers. Two of them are never interchangeable, so each has its own type."""

from __future__ import annotations

import os
import re
import time
import uuid
from dataclasses import dataclass
from typing import Final, NewType

ConnectorName = NewType("ConnectorName", str)
CallerName = NewType("CallerName", str)
OperationId = NewType("OperationId", str)
ObjectType = NewType("ObjectType", str)
Anchor = NewType("Anchor", str)
"""Identifier the target gave, in text form; it never changes (entryUUID, objectGUID, primary key)."""
Name = NewType("Name", str)
"""Naming attribute, may change; the DN in LDAP."""
Lane = NewType("Lane", int)
SettleNumber = NewType("SettleNumber", int)
"""Position of a settlement in the journal's history, from 1, without gaps."""
Watermark = NewType("Watermark", str)
"""Where a delta import ended, in the adapter's own words; opaque to all others."""


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One object of a connector, by anchor or by name; both may be known. Also the value of a reference."""

    object_type: ObjectType
    anchor: Anchor | None = None
    name: Name | None = None

    def __post_init__(self) -> None:
        if not self.anchor and not self.name:
            raise ValueError("an object is addressed by its anchor or its name; both are empty")

    def __str__(self) -> str:
        return f"{self.object_type} {self.name or self.anchor}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who submits operations, and the connectors granted to it. No grant means no access."""

    name: CallerName
    connectors: frozenset[ConnectorName]

    def may_use(self, connector: ConnectorName) -> bool:
        return connector in self.connectors


_ESCAPED: Final = re.compile(rb"\\(?:([0-9A-Fa-f]{2})|(.))", re.DOTALL)


def unescaped(name: str) -> str:
    r"""A name without the escapes of RFC 4514 §2.4, of which a caller and a directory seldom choose the same.

    For comparing only: `a\2Cb` and `a,b` are one to it.
    """
    if "\\" not in name:
        return name
    plain = _ESCAPED.sub(
        lambda hit: bytes.fromhex(hit[1].decode()) if hit[1] else hit[2], name.encode("utf-8", "surrogatepass")
    )
    return plain.decode("utf-8", "replace")


def new_operation_id() -> OperationId:
    """A UUIDv7 (RFC 9562 §5.7): time-ordered, so that the journal's index grows at one end only."""
    milliseconds = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (2**48 - 1)) << 80 | tail
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return OperationId(str(uuid.UUID(int=value)))
