"""Active Directory's DirSync control: a search that goes on from a cookie ([MS-ADTS] 3.1.1.3.4.1.3).

A source, used by `tracking`. An account without the right DS-Replication-Get-Changes asks with the flag
OBJECT_SECURITY, and is then told what it may read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Final

from adapters.ldap import conditions
from adapters.ldap.ber import INTEGER, OCTETS, SEQUENCE, MalformedError, Reader, integer, octets, sequence
from adapters.ldap.changes import domain_controller
from adapters.ldap.changes.domain_controller import add, is_deleted
from adapters.ldap.changes.reading import ask, is_context, types_of, values_of
from adapters.ldap.changes.source import MOST_CHANGES, Found, Gathering, Ground, Position
from adapters.ldap.decoding import Response
from adapters.ldap.encoding import Request, Scope, control, search
from adapters.ldap.errors import SUCCESS, result_error
from bridge.sdk import UnexpectedError, WatermarkExpiredError

DIRSYNC: Final = "1.2.840.113556.1.4.841"
_OBJECT_SECURITY: Final = 1
_INCREMENTAL_VALUES: Final = -(2**31)
"""Of a group only the members that came or went."""
_MOST_BYTES: Final = 1_048_576
"""Of one answer."""
_INSUFFICIENT_ACCESS: Final = frozenset({50, 8})
_NOT_THE_COOKIE: Final = frozenset({2, 12, 53})
_NOTHING: Final = conditions.none_of(conditions.present("objectClass"))
_EVERYTHING: Final = conditions.present("objectClass")


class DirSync:
    def missing(self, ground: Ground) -> str:
        if DIRSYNC.encode() not in ground.root.get("supportedcontrol", ()):
            return "the server does not know the control DirSync"
        return domain_controller.blindness(ground)

    def position(self, ground: Ground) -> Position:
        """The cookie counts what was looked at, not what was told: a search for nothing gives the present one."""
        cookies = {context: _last(_answers(ground, context, _NOTHING, b"")) for context in ground.contexts.holding}
        return {**_text(cookies), **_where(ground)}

    def gather(self, ground: Ground, since: Position, found: Found) -> Gathering:
        where = _where(ground)
        if since.get("controller") != where["controller"]:
            raise WatermarkExpiredError("the watermark is of another domain controller; run a full import")
        domain_controller.check_age(ground, since.get("time", ""))
        cookies: dict[str, bytes] = {}
        for context in ground.contexts.holding:
            cookies[context] = _cookie(since.get(context, ""))
            for answer, cookie in _answers(ground, context, _EVERYTHING, cookies[context]):
                _take(ground, answer, found)
                cookies[context] = cookie
                yield
        return {**_text(cookies), **where}


def _where(ground: Ground) -> dict[str, str]:
    return {"controller": domain_controller.invocation(ground), "time": domain_controller.now(ground)}


def _answers(ground: Ground, context: str, condition: bytes, cookie: bytes) -> Iterator[tuple[Response, bytes]]:
    """All answers from the cookie on, each with the cookie to go on from."""
    flags = _INCREMENTAL_VALUES
    while True:
        answer = ground.run(ask(_request(context, condition, flags, cookie)))
        if answer.code in _INSUFFICIENT_ACCESS and flags == _INCREMENTAL_VALUES:
            flags += _OBJECT_SECURITY
            continue
        _check(answer, context, cookie)
        more, cookie = _read(answer)
        yield answer, cookie
        if not more:
            return


def _request(context: str, condition: bytes, flags: int, cookie: bytes) -> Request:
    value = sequence(integer(flags), integer(_MOST_BYTES), octets(cookie))
    # All attributes: the server tells an object only where one changed that was asked for.
    return search(context, Scope.SUBTREE, condition, (), control(DIRSYNC, value), limit=MOST_CHANGES)


def _check(answer: Response, context: str, cookie: bytes) -> None:
    if cookie and answer.code in _NOT_THE_COOKIE:
        raise WatermarkExpiredError(f"{context}: the server cannot go on from the watermark; run a full import")
    if answer.code != SUCCESS:
        raise result_error(answer, None, f"changes below {context}")


def _read(answer: Response) -> tuple[bool, bytes]:
    """Whether there is more, and the cookie."""
    try:
        held = Reader(answer.controls.get(DIRSYNC, b"")).inner(SEQUENCE)
        more = held.number(INTEGER)
        held.take(INTEGER)
        return more != 0, held.content(OCTETS)
    except MalformedError as error:
        raise UnexpectedError(f"the server's answer to DirSync cannot be read: {error}") from error


def _last(answers: Iterator[tuple[Response, bytes]]) -> bytes:
    *_, (_, cookie) = answers
    return cookie


def _take(ground: Ground, answer: Response, found: Found) -> None:
    for entry in answer.entries:
        types = types_of(ground.known.directory, entry)
        if types != ():
            add(ground, entry, types or (), found)
        # Attributes are told where they changed: a new entry shows its classes, a renamed or moved one its name alone.
        moved = values_of(entry, "name") and not values_of(entry, "objectClass")
        if moved and not is_deleted(entry) and not is_context(ground, entry.dn):
            found.moved.append(entry.dn)


def _text(cookies: Mapping[str, bytes]) -> dict[str, str]:
    return {context: base64.b64encode(cookie).decode() for context, cookie in cookies.items()}


def _cookie(text: str) -> bytes:
    try:
        cookie = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        cookie = b""
    if not cookie:
        # Without a cookie the server would tell everything that is there, and nothing that is gone.
        raise WatermarkExpiredError("the watermark has no cookie of DirSync; run a full import")
    return cookie
