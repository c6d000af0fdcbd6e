"""The messages of content synchronisation (RFC 4533 §2): what a request asks, what came back. Pure; for `syncrepl`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Final

from adapters.ldap.ber import BOOLEAN, ENUMERATED, OCTETS, SEQUENCE, SET, Reader, integer, octets, sequence
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.encoding import control

SYNC_REQUEST: Final = "1.3.6.1.4.1.4203.1.9.1.1"
_SYNC_STATE: Final = "1.3.6.1.4.1.4203.1.9.1.2"
_SYNC_DONE: Final = "1.3.6.1.4.1.4203.1.9.1.3"
_REFRESH_ONLY: Final = 1
_REFRESH_PRESENT: Final = 0xA2
_SYNC_ID_SET: Final = 0xA3


class _State(IntEnum):
    PRESENT = 0
    ADD = 1
    MODIFY = 2
    DELETE = 3


class Phase(Enum):
    """How a server tells what went away (RFC 4533 §3.3.1)."""

    DELETES = "deletes"
    """By name."""
    PRESENT = "present"
    """By naming everything that is still there: only who knows what was there learns from it what is gone."""


@dataclass(slots=True)
class Refresh:
    """What changed. `cookie` is empty where the server gave none: then it is the one that was sent."""

    phase: Phase
    cookie: bytes
    changed: list[tuple[str, Entry]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


def request(cookie: bytes) -> bytes:
    """The control of a search for what changed since the cookie."""
    return control(SYNC_REQUEST, sequence(integer(_REFRESH_ONLY, tag=ENUMERATED), octets(cookie)))


def read(answer: Response) -> Refresh:
    """MalformedError if it is not what RFC 4533 says."""
    cookie, phase = _done(answer.controls.get(_SYNC_DONE, b""))
    refresh = Refresh(phase, cookie)
    for entry in answer.entries:
        state, identity = _state(entry.controls.get(_SYNC_STATE, b""))
        match state:
            case _State.ADD | _State.MODIFY:
                refresh.changed.append((identity, entry))
            case _State.DELETE:
                refresh.deleted.append(identity)
            case _State.PRESENT:
                refresh.phase = Phase.PRESENT
    for said in answer.intermediates:
        _take(refresh, said)
    return refresh


def _done(value: bytes) -> tuple[bytes, Phase]:
    held = Reader(value).inner(SEQUENCE)
    cookie = held.content(OCTETS) if held.peek() == OCTETS else b""
    deletes = held.peek() == BOOLEAN and held.content(BOOLEAN) != b"\0"
    return cookie, Phase.DELETES if deletes else Phase.PRESENT


def _state(value: bytes) -> tuple[_State, str]:
    held = Reader(value).inner(SEQUENCE)
    number = held.number(ENUMERATED)
    return _State(number), _identity(held.content(OCTETS))


def _take(refresh: Refresh, said: bytes) -> None:
    message = Reader(said)
    match message.peek():
        case 0xA3:
            deletes, identities = _id_set(message.inner(_SYNC_ID_SET))
            if deletes:
                refresh.deleted.extend(identities)
            else:
                refresh.phase = Phase.PRESENT
        case 0xA2:
            refresh.phase = Phase.PRESENT
        case _:
            pass  # a new cookie, or the end of the deletes: the last message says both again


def _id_set(held: Reader) -> tuple[bool, Sequence[str]]:
    if held.peek() == OCTETS:
        held.take()
    deletes = held.peek() == BOOLEAN and held.content(BOOLEAN) != b"\0"
    return deletes, [_identity(each) for each in held.inner(SET).all(OCTETS)]


def _identity(content: bytes) -> str:
    """As entryUUID is written (RFC 4530)."""
    return str(uuid.UUID(bytes=content.ljust(16, b"\0")[:16]))
