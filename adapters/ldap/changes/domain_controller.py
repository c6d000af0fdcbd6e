"""What both of Active Directory's sources need of a domain controller: who it is, and that it shows what was deleted.

Used by `usn_changed` and `dirsync`. A deleted object stays as a tombstone for a time, below Deleted Objects, which an
ordinary account may not list. An account that sees none would take deleted objects for unchanged ones, so a connector
that sees none is refused.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.ldap import conditions
from adapters.ldap.changes.reading import ask, read_one, text_of, values_of
from adapters.ldap.changes.source import Found, Ground
from adapters.ldap.decoding import Entry
from adapters.ldap.encoding import NO_ATTRIBUTES, Scope, control, paged, search
from bridge.sdk import Anchor, ConfigurationError, ObjectType, WatermarkExpiredError

SHOW_DELETED: Final = "1.2.840.113556.1.4.417"
SHOW_RECYCLED: Final = "1.2.840.113556.1.4.2064"

_DELETED: Final = "CN=Deleted Objects"
_LIFETIME_DAYS: Final = 60
"""Of tombstones, where the forest does not say."""
_SERVICE: Final = "CN=Directory Service,CN=Windows NT,CN=Services"
_TIME: Final = "%Y%m%d%H%M%S"
_TIME_LENGTH: Final = 14


def show_deleted(ground: Ground) -> bytes:
    """The control by which searches see tombstones, those too that only the recycle bin keeps."""
    recycled = SHOW_RECYCLED.encode() in ground.root.get("supportedcontrol", ())
    return control(SHOW_RECYCLED if recycled else SHOW_DELETED)


def blindness(ground: Ground) -> str:
    """What to do so that the account sees what was deleted; empty if it does."""
    for context in ground.contexts.holding:
        controls = (paged(1, b""), show_deleted(ground))
        # The container itself is marked as deleted too, but was never anywhere else.
        moved = conditions.present("lastKnownParent")
        answer = ground.run(
            ask(search(f"{_DELETED},{context}", Scope.SUBTREE, moved, NO_ATTRIBUTES, *controls, limit=1))
        )
        if not answer.entries:
            return (
                f"the account sees no deleted object below {context}: let it list and read {_DELETED} there. "
                "Where nothing was ever deleted, make an object and delete it"
            )
    return ""


def invocation(ground: Ground) -> str:
    """The identity of this domain controller's database, which a restore changes."""
    held = values_of(read_one(ground, ground.told("dsServiceName"), ("invocationId",)), "invocationId")
    if not held:
        raise ConfigurationError("the domain controller's NTDS Settings show no invocationId; let the account read it")
    return str(uuid.UUID(bytes_le=held[0].ljust(16, b"\0")[:16]))


def now(ground: Ground) -> str:
    """The domain controller's own time."""
    return ground.told("currentTime")[:_TIME_LENGTH]


def check_age(ground: Ground, since: str) -> None:
    """WatermarkExpiredError if tombstones may have gone since that time."""
    days = _lifetime(ground)
    taken, today = _time(since), _time(now(ground))
    if taken is None or today is None or not timedelta(0) <= today - taken < timedelta(days=days):
        raise WatermarkExpiredError(
            f"the watermark is older than the {days} days for which the domain keeps what was deleted; "
            "run a full import"
        )


def _lifetime(ground: Ground) -> int:
    name = f"{_SERVICE},{ground.told('configurationNamingContext')}"
    text = text_of(read_one(ground, name, ("tombstoneLifetime",)), "tombstoneLifetime")
    return int(text) if text.isdecimal() else _LIFETIME_DAYS


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def add(ground: Ground, entry: Entry, types: tuple[ObjectType, ...], found: Found) -> None:
    guid = values_of(entry, ground.known.directory.anchor.name)
    if not guid:
        raise ConfigurationError(f"{entry.dn} shows no {ground.known.directory.anchor.name}; let the account read it")
    found.add(Anchor(ground.known.directory.anchor_form.to_text(guid[0])), types)


def is_deleted(entry: Entry) -> bool:
    return text_of(entry, "isDeleted") == "TRUE"
