"""The searches that the sources share: page after page, one entry, what lies below an entry that moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from adapters.ldap import conditions, dn, encoding, translate
from adapters.ldap.changes.names import is_dn
from adapters.ldap.changes.source import Found, Ground
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import Directory
from adapters.ldap.encoding import Request, Scope, search
from adapters.ldap.errors import SUCCESS, result_error
from adapters.ldap.importing import next_cookie
from adapters.ldap.lookup import Plan, by_name, is_type, only
from bridge.sdk import ObjectType


def ask(request: Request) -> Plan[Response]:
    [answer] = yield [request]
    return answer


def ask_all(requests: Sequence[Request]) -> Plan[Sequence[Response]]:
    return (yield requests)


def read_one(ground: Ground, name: str, attributes: Sequence[str]) -> Entry | None:
    """The entry of that DN; None if the server shows none."""
    answer = ground.run(ask(by_name(name, conditions.present("objectClass"), attributes)))
    return only(answer, name)


def values_of(entry: Entry | None, attribute: str) -> Sequence[bytes]:
    if entry is None:
        return ()
    return next((each for name, each in entry.attributes.items() if name.lower() == attribute.lower()), ())


def text_of(entry: Entry | None, attribute: str) -> str:
    """The first value; empty if there is none."""
    return next((each.decode("utf-8", "replace") for each in values_of(entry, attribute)), "")


def pages(
    ground: Ground, base: str, condition: bytes, attributes: Sequence[str], *controls: bytes
) -> Iterator[Sequence[Entry]]:
    """Everything below the base that matches, at most a page at a time. What lies on other servers is not followed.

    A server may keep but one paged search per connection: read it to the end before another one begins."""
    cookie = b""
    while True:
        paged = encoding.paged(ground.page_size, cookie)
        request = search(base, Scope.SUBTREE, condition, attributes, paged, *controls, limit=ground.page_size)
        answer = ground.run(ask(request))
        if answer.code != SUCCESS:
            raise result_error(answer, None, f"changes below {base}")
        yield answer.entries
        cookie = next_cookie(answer)
        if not cookie:
            return


def add_below(ground: Ground, moved: str, found: Found) -> Iterator[None]:
    """Touch every object below an entry that moved: their own entries show no change, but their names have changed,
    and they may have come into scope or left it."""
    directory = ground.known.directory
    if read_one(ground, moved, encoding.NO_ATTRIBUTES) is None:
        return  # it moved on or went away, which is a change of its own
    for rules in directory.types.values():
        for entries in pages(ground, moved, is_type(rules), (directory.anchor.name,)):
            for entry in entries:
                found.add(translate.anchor_in(directory, entry), (rules.name,))
            yield


def types_at(directory: Directory, *names: str) -> tuple[ObjectType, ...]:
    """The types that an entry of these DNs can be of."""
    keys = [dn.key(name) for name in names if name and is_dn(name)]
    return tuple(rules.name for rules in directory.types.values() if any(rules.holds(key) for key in keys))


def types_of(directory: Directory, entry: Entry) -> tuple[ObjectType, ...] | None:
    """The types that the entry is or ever was of, by its object classes; None if it shows none."""
    held = [each.decode("utf-8", "replace") for each in values_of(entry, "objectClass")]
    return types_by_class(directory, held) if held else None


def types_by_class(directory: Directory, classes: Iterable[str]) -> tuple[ObjectType, ...]:
    """An entry's structural class never changes (RFC 4512 §2.4.2)."""
    held = {each.lower() for each in classes}
    return tuple(rules.name for rules in directory.types.values() if rules.settings.structural_class.lower() in held)


def is_context(ground: Ground, name: str) -> bool:
    """Whether it is the top of a naming context, which moves nowhere."""
    return is_dn(name) and dn.key(name) in {dn.key(each) for each in ground.contexts.holding}
