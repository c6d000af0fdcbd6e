"""389 Directory Server's log of writes (retro changelog plugin): numbered entries, read by their numbers.

A source, used by `tracking`. Numbers are given in the order in which writes end, but those of two databases may appear
in another one: each reading begins again OVERLAP before the last number seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.ldap import conditions, dn
from adapters.ldap.changes.log import LastSeen, check_there, last_seen
from adapters.ldap.changes.names import is_dn
from adapters.ldap.changes.reading import ask, read_one, text_of, types_at
from adapters.ldap.changes.source import Found, Gathering, Ground, Position
from adapters.ldap.decoding import Entry
from adapters.ldap.encoding import Scope, search
from adapters.ldap.errors import SUCCESS, result_error
from bridge.sdk import Anchor, UnsupportedError, WatermarkExpiredError

OVERLAP: Final = 100
"""Numbers. More writes than these are never between being numbered and being visible."""

_NUMBER: Final = "changeNumber"
_DIGITS: Final = 18
_READ: Final = (_NUMBER, "changeType", "targetDn", "targetUniqueId", "newRdn", "newSuperior", "nsUniqueId")
_SWITCH_ON: Final = (
    "switch on the Retro Changelog plugin with nsslapd-attribute: nsuniqueid:targetUniqueId, and let the account read "
    "cn=changelog, but for the attribute changes"
)


class RetroChangelog:
    def missing(self, ground: Ground) -> str:
        if not ground.told("changeLog") or not ground.told("lastChangeNumber"):
            return _SWITCH_ON
        last = _number(ground, "lastChangeNumber")
        entry = _entry(ground, last) if last else None
        return _SWITCH_ON if last and not text_of(entry, "targetUniqueId") else ""

    def position(self, ground: Ground) -> Position:
        log = ground.told("changeLog")
        return {log: str(_at(ground, _number(ground, "lastChangeNumber")))}

    def gather(self, ground: Ground, since: Position, found: Found) -> Gathering:
        log, last = ground.told("changeLog"), _number(ground, "lastChangeNumber")
        seen = last_seen(since.get(log, ""), log)
        number = int(seen.at) if seen.at.isascii() and seen.at.isdecimal() and len(seen.at) <= _DIGITS else 0
        # What an empty log has had and lost since, nobody can tell.
        check_there(seen, _at(ground, number or last).identity, log)
        first = max(_number(ground, "firstChangeNumber"), number + 1 - OVERLAP)
        for entries in _entries(ground, first, last):
            for entry in entries:
                _take(ground, entry, found)
            yield
        return {log: str(_at(ground, last))}


def _number(ground: Ground, attribute: str) -> int:
    text = ground.told(attribute)
    return int(text) if text.isascii() and text.isdecimal() else 0


def _entry(ground: Ground, number: int) -> Entry | None:
    return read_one(ground, f"{_NUMBER}={number},{ground.told('changeLog')}", _READ)


def _at(ground: Ground, number: int) -> LastSeen:
    entry = _entry(ground, number) if number else None
    return LastSeen(str(number), text_of(entry, "nsUniqueId")) if entry else LastSeen("", "")


def _entries(ground: Ground, first: int, last: int) -> Iterator[Sequence[Entry]]:
    """By stretches of numbers, so that no limit of the server on a search's result or effort is met."""
    log = ground.told("changeLog")
    for start in range(first, last + 1, ground.page_size):
        stretch = conditions.all_of(
            (
                conditions.greater_or_equal(_NUMBER, str(start).encode()),
                conditions.less_or_equal(_NUMBER, str(min(start + ground.page_size - 1, last)).encode()),
            )
        )
        answer = ground.run(ask(search(log, Scope.SUBTREE, stretch, _READ, limit=ground.page_size)))
        if answer.code != SUCCESS:
            raise result_error(answer, None, f"changes in {log}")
        yield answer.entries


def _take(ground: Ground, entry: Entry, found: Found) -> None:
    anchor, name = text_of(entry, "targetUniqueId"), text_of(entry, "targetDn")
    if not name:
        raise UnsupportedError(f"{entry.dn}: let the account read targetDn in the changelog")
    moved = _moved_to(entry, name) if text_of(entry, "changeType") == "modrdn" else ""
    types = types_at(ground.known.directory, name, moved)
    if types and not anchor:
        raise WatermarkExpiredError(f"{entry.dn} does not tell which entry it changed; run a full import")
    # What never was where objects are is none of ours.
    if types:
        found.add(Anchor(anchor), types)
    if moved:
        found.moved.append(moved)


def _moved_to(entry: Entry, name: str) -> str:
    """The DN after a rename."""
    if not is_dn(name):
        return ""
    parent = text_of(entry, "newSuperior") or dn.split(name)[1]
    return f"{text_of(entry, 'newRdn')},{parent}"
