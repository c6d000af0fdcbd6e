"""OpenLDAP's content synchronisation (RFC 4533, overlay syncprov): one search that answers with what changed.

A source, used by `tracking`. Where the server stands is its contextCSN, one for each server that writes; the cookie is
made of that. The request asks for everything in the naming context and for no attributes: what left the scope is told
too, and the objects are read back in pages.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Final

from adapters.ldap import conditions
from adapters.ldap.ber import MalformedError
from adapters.ldap.changes import sync_messages
from adapters.ldap.changes.reading import ask, is_context, read_one, text_of, types_of, values_of
from adapters.ldap.changes.source import MOST_CHANGES, Found, Gathering, Ground, Position
from adapters.ldap.changes.sync_messages import Phase, Refresh
from adapters.ldap.decoding import Response
from adapters.ldap.encoding import Scope, search
from adapters.ldap.errors import SUCCESS, result_error
from bridge.sdk import Anchor, ConfigurationError, UnexpectedError, UnsupportedError, WatermarkExpiredError

_CONTEXT_CSN: Final = "contextCSN"
_HAS_SUBORDINATES: Final = "hasSubordinates"
_COOKIE: Final = re.compile(r"rid=[0-9]{3}(?:,sid=[0-9a-f]{3})?,csn=[0-9Z#.;a-f]+\Z")
_UNAVAILABLE: Final = 12
_STALE: Final = frozenset({2, 53, 4096})
"""OpenLDAP: the cookie cannot be read, is of a later state than the server's, needs a full refresh."""


class Syncrepl:
    def missing(self, ground: Ground) -> str:
        if sync_messages.SYNC_REQUEST.encode() not in ground.root.get("supportedcontrol", ()):
            return "load the module syncprov and set the overlay, with syncprov-sessionlog, on the database"
        for context in ground.contexts.holding:
            if not values_of(read_one(ground, context, (_CONTEXT_CSN,)), _CONTEXT_CSN):
                return f"set the overlay syncprov on the database of {context}; let the account read its contextCSN"
        return ""

    def position(self, ground: Ground) -> Position:
        return {context: _now(ground, context) for context in ground.contexts.holding}

    def gather(self, ground: Ground, since: Position, found: Found) -> Gathering:
        ended: dict[str, str] = {}
        for context in ground.contexts.holding:
            ended[context] = yield from _refresh(ground, context, since, found)
        return ended


def _now(ground: Ground, context: str) -> str:
    entry = read_one(ground, context, (_CONTEXT_CSN,))
    numbers = sorted((each.decode("ascii", "replace") for each in values_of(entry, _CONTEXT_CSN)), key=_server)
    return f"{_identity(ground, context)} rid=000,csn={';'.join(numbers)}"


def _server(number: str) -> str:
    """The server's id in a change sequence number: time#count#server#modification."""
    return number.split("#")[2:3][0] if number.count("#") > 1 else number


def _identity(ground: Ground, context: str) -> str:
    """Of the context's data: replicas share it, servers that were filled apart do not."""
    name = ground.known.directory.anchor.name
    found = text_of(read_one(ground, context, (name,)), name)
    if not found:
        raise ConfigurationError(f"{context} shows no {name}; let the account read it")
    return found


def _refresh(ground: Ground, context: str, since: Position, found: Found) -> Generator[None, None, str]:
    identity, _, cookie = since.get(context, "").partition(" ")
    if not _COOKIE.match(cookie) or identity != _identity(ground, context):
        raise WatermarkExpiredError(f"the watermark is not of the data below {context}; run a full import")
    refresh = _read(ground, context, cookie)
    yield
    if refresh.phase is Phase.PRESENT:
        raise WatermarkExpiredError(
            f"the server's session log for {context} does not reach back to the watermark, so it cannot tell what was "
            "deleted; run a full import. If this comes often: set syncprov-sessionlog, or read the accesslog instead"
        )
    _take(ground, refresh, found)
    return f"{identity} {refresh.cookie.decode('ascii', 'replace') or cookie}"


def _read(ground: Ground, context: str, cookie: str) -> Refresh:
    answer = ground.run(
        ask(
            search(
                context,
                Scope.SUBTREE,
                conditions.present("objectClass"),
                ("objectClass", _HAS_SUBORDINATES),
                sync_messages.request(cookie.encode()),
                limit=MOST_CHANGES,
            )
        )
    )
    _check(answer, context)
    try:
        return sync_messages.read(answer)
    except (MalformedError, ValueError) as error:
        raise UnexpectedError(f"{context}: the server's answer is not as RFC 4533 has it: {error}") from error


def _check(answer: Response, context: str) -> None:
    if answer.code in _STALE:
        raise WatermarkExpiredError(f"{context}: the server cannot go on from the watermark; run a full import")
    if answer.code == _UNAVAILABLE:
        raise UnsupportedError(f"set the overlay syncprov on the database of {context}, or change_source: accesslog")
    if answer.code != SUCCESS:
        raise result_error(answer, None, f"changes below {context}")


def _take(ground: Ground, refresh: Refresh, found: Found) -> None:
    directory = ground.known.directory
    for identity in refresh.deleted:
        found.add(Anchor(identity), ())
    for identity, entry in refresh.changed:
        if (types := types_of(directory, entry)) != ():
            found.add(Anchor(identity), types or ())
        # Whether it was renamed is not told, only that it changed.
        if text_of(entry, _HAS_SUBORDINATES) == "TRUE" and not is_context(ground, entry.dn):
            found.moved.append(entry.dn)
