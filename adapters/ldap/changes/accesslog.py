"""OpenLDAP's log of writes (overlay accesslog): read from the last entry seen on.

A source, used by `tracking`. Entries are ordered by reqStart, the server's time when a request began; they are written
when it ends. So a slow request's entry appears behind later ones: each reading begins again OVERLAP before the last
entry seen. Only the server's own times are compared with each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.ldap import conditions
from adapters.ldap.changes.log import LastSeen, check_there, last_seen
from adapters.ldap.changes.reading import ask, pages, read_one, text_of, types_at
from adapters.ldap.changes.source import Found, Gathering, Ground, Position
from adapters.ldap.decoding import Entry
from adapters.ldap.encoding import Scope, paged, search
from bridge.sdk import Anchor, UnsupportedError

OVERLAP: Final = timedelta(minutes=10)
"""Longer than any request takes from its start to its entry in the log."""

_START: Final = "reqStart"
_READ: Final = (_START, "reqType", "reqDN", "reqNewDN", "reqEntryUUID", "entryUUID")
_TIME: Final = re.compile(r"[0-9]{14}\.[0-9]{6}Z\Z")
_FORMAT: Final = "%Y%m%d%H%M%S.%fZ"
_LOOKBACKS: Final = tuple(timedelta(minutes=each) for each in (1, 10, 60, 24 * 60, 30 * 24 * 60))
_WRITES: Final = conditions.all_of(
    (
        conditions.equal("reqResult", b"0"),
        conditions.any_of(conditions.equal("reqType", each) for each in (b"add", b"modify", b"modrdn", b"delete")),
    )
)


class Accesslog:
    def missing(self, ground: Ground) -> str:
        for context in _databases(ground):
            log = _log_of(ground, context)
            if not log:
                return (
                    f"set the overlay accesslog on the database of {context}, and let the account read its auditContext"
                )
            if read_one(ground, log, ("objectClass",)) is None:
                return f"let the account read {log}, the log of {context}: {', '.join(_READ)}"
        return ""

    def position(self, ground: Ground) -> Position:
        return {log: str(_newest(ground, log)) for log in _logs(ground)}

    def gather(self, ground: Ground, since: Position, found: Found) -> Gathering:
        ended: dict[str, str] = {}
        for log in _logs(ground):
            seen = last_seen(since.get(log, ""), log)
            _check(ground, log, seen)
            for entries in _entries(ground, log, seen):
                for entry in entries:
                    _take(ground, entry, found)
                    seen = _later(seen, entry)
                yield
            ended[log] = str(seen)
        return ended


def _databases(ground: Ground) -> Sequence[str]:
    """Each has a log, those too that are glued to another."""
    return (*ground.contexts.holding, *ground.contexts.below)


def _logs(ground: Ground) -> Sequence[str]:
    """Databases may share one."""
    return list(dict.fromkeys(_log_of(ground, context) for context in _databases(ground)))


def _log_of(ground: Ground, context: str) -> str:
    return text_of(read_one(ground, context, ("auditContext",)), "auditContext")


def _check(ground: Ground, log: str, seen: LastSeen) -> None:
    if not seen.at:
        # What an empty log has had and lost since, nobody can tell.
        check_there(seen, _newest(ground, log).identity, log)
        return
    entry = read_one(ground, f"{_START}={seen.at},{log}", _READ) if _TIME.match(seen.at) else None
    check_there(seen, text_of(entry, "entryUUID"), log)


def _entries(ground: Ground, log: str, seen: LastSeen) -> Iterator[Sequence[Entry]]:
    if not seen.at:
        return iter(())
    start = datetime.strptime(seen.at, _FORMAT).replace(tzinfo=UTC) - OVERLAP
    return pages(ground, log, _from(start), _READ)


def _newest(ground: Ground, log: str) -> LastSeen:
    """The last entry, searched in ever longer stretches of time; our clock says only where to begin."""
    now = datetime.now(UTC)
    beginnings = [*(now - each for each in _LOOKBACKS), datetime(1970, 1, 1, tzinfo=UTC)]
    for beginning in beginnings:
        condition = _from(beginning)
        one = ground.run(ask(search(log, Scope.SUBTREE, condition, (_START,), paged(1, b""), limit=1)))
        if one.entries:
            seen = LastSeen("", "")
            for entries in pages(ground, log, condition, _READ):
                for entry in entries:
                    seen = _later(seen, entry)
            return seen
    return LastSeen("", "")


def _from(start: datetime) -> bytes:
    return conditions.all_of((conditions.greater_or_equal(_START, start.strftime(_FORMAT).encode()), _WRITES))


def _later(seen: LastSeen, entry: Entry) -> LastSeen:
    at, identity = text_of(entry, _START), text_of(entry, "entryUUID")
    if not _TIME.match(at) or not identity:
        raise UnsupportedError(f"{entry.dn}: let the account read {_START} and entryUUID in the log")
    return LastSeen(at, identity) if at > seen.at else seen


def _take(ground: Ground, entry: Entry, found: Found) -> None:
    anchor, name, moved = (text_of(entry, each) for each in ("reqEntryUUID", "reqDN", "reqNewDN"))
    if not anchor or not name:
        raise UnsupportedError(f"{entry.dn}: let the account read reqEntryUUID and reqDN in the log")
    # What never was where objects are is none of ours.
    if types := types_at(ground.known.directory, name, moved):
        found.add(Anchor(anchor), types)
    if text_of(entry, "reqType") == "modrdn":
        found.moved.append(moved)
