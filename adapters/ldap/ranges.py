"""Reads the rest of an attribute that the server gave in part, as Active Directory does with long ones (`;range=`).

A step of a plan, called wherever a whole entry is read. An entry that is written while its parts are read is read
again, so that no value is missed and none is seen that went away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.ldap.conditions import present
from adapters.ldap.decoding import Entry
from adapters.ldap.directory import Directory
from adapters.ldap.lookup import Plan, by_name, only
from bridge.sdk import ThrottledError, UnexpectedError, UnknownObjectError

ATTEMPTS: Final = 3
"""How often an entry is read from the start before others' writes are waited out."""

_RANGE: Final = re.compile(r"(?P<name>[^;]+);range=[0-9]+-(?P<end>\*|[0-9]+)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Part:
    attribute: str
    description: str
    """The attribute with its range, as the server names it."""
    is_last: bool


def is_partial(entry: Entry) -> bool:
    """Whether values are missing, or the server names an attribute by its range."""
    return any(map(_RANGE.match, entry.attributes))


def complete(directory: Directory, entry: Entry, wanted: Sequence[str]) -> Plan[Entry]:
    """The entry with all values; `wanted` are the attributes that it was read with, the version among them."""
    for _ in range(ATTEMPTS):
        if not is_partial(entry):
            return entry
        whole = yield from _whole(directory, entry)
        if whole is not None:
            return whole
        [answer] = yield [by_name(entry.dn, present("objectClass"), wanted)]
        again = only(answer, entry.dn)
        if again is None:
            raise UnknownObjectError(f"{entry.dn} went away while it was read")
        entry = again
    raise ThrottledError(f"{entry.dn} is being changed by others while it is read", retry_after=1.0)


def _whole(directory: Directory, entry: Entry) -> Plan[Entry | None]:
    """None if the entry was written meanwhile."""
    attributes = dict(entry.attributes)
    for part in _parts(entry):
        # Beside the part, the server names the attribute once more, without values.
        for name in [each for each in attributes if each.lower() == part.attribute.lower()]:
            del attributes[name]
        held = list(attributes.pop(part.description))
        if not part.is_last and not (yield from _fetch(directory, entry, part.attribute, held)):
            return None
        attributes[part.attribute] = held
    return Entry(entry.dn, attributes)


def _fetch(directory: Directory, entry: Entry, attribute: str, held: list[bytes]) -> Plan[bool]:
    """Add the values that are missing; False if the entry was written since its first part was read."""
    version = directory.kind.version
    while True:
        asked = (f"{attribute};range={len(held)}-*", version)
        [answer] = yield [by_name(entry.dn, present("objectClass"), asked)]
        more = only(answer, entry.dn)
        if more is None or _values(more, version) != _values(entry, version):
            return False
        part = next((each for each in _parts(more) if each.attribute.lower() == attribute.lower()), None)
        if part is None or not more.attributes[part.description]:
            raise UnexpectedError(f"{entry.dn}: the server gave a part of {attribute} and not the rest")
        held.extend(more.attributes[part.description])
        if part.is_last:
            return True


def _parts(entry: Entry) -> Iterator[_Part]:
    for description in entry.attributes:
        found = _RANGE.match(description)
        if found is not None:
            yield _Part(found["name"], description, is_last=found["end"] == "*")


def _values(entry: Entry, attribute: str) -> list[bytes]:
    return [value for name, held in entry.attributes.items() if name.lower() == attribute.lower() for value in held]
