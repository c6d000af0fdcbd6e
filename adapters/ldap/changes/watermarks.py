"""A watermark as text: the source, what is in scope, where the source stood. Pure; used by `tracking`.

It is of use only to a connector of the same source and scope. Whether it is of this server, the source tells.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from adapters.ldap.changes.contexts import Contexts
from adapters.ldap.changes.source import Position
from adapters.ldap.directory import Directory
from adapters.ldap.lookup import is_type
from adapters.ldap.server_kind import ChangeSource
from bridge.sdk import Watermark, WatermarkExpiredError

_LONGEST: Final = 100_000
"""Characters. DirSync's cookie grows with the number of domain controllers, by some 24 bytes each."""


def fingerprint(directory: Directory, contexts: Contexts) -> str:
    """Changes with everything that decides which entries are objects of which type."""
    parts = [directory.anchor.name.encode(), *(each.encode() for each in sorted((*contexts.holding, *contexts.below)))]
    for name in sorted(directory.types):
        rules = directory.types[name]
        parts += [name.encode(), is_type(rules), *(each.encode("utf-8", "surrogatepass") for each in rules.base_keys)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()[:32]


def write(source: ChangeSource, scope: str, position: Position) -> Watermark:
    return Watermark(json.dumps({"source": source.value, "scope": scope, "at": dict(position)}, separators=(",", ":")))


def read(watermark: Watermark, source: ChangeSource, scope: str) -> Position:
    """WatermarkExpiredError if it is none, or one of another source or scope."""
    held = _parse(watermark)
    at = held.get("at")
    if not isinstance(at, dict) or not all(isinstance(each, str) for each in at.values()):
        raise WatermarkExpiredError("this is no watermark of an LDAP connector; run a full import")
    if held.get("source") != source.value:
        raise WatermarkExpiredError(f"the watermark is not of change_source {source}; run a full import")
    if held.get("scope") != scope:
        raise WatermarkExpiredError("object types or their bases changed since the watermark; run a full import")
    return at


def _parse(watermark: str) -> dict[str, object]:
    try:
        held = json.loads(watermark) if len(watermark) <= _LONGEST else None
    except (ValueError, RecursionError):
        held = None
    return held if isinstance(held, dict) else {}
