"""Finds entries: the searches that reads and writes begin with, as steps of a plan. Called by `plans` and `references`.

A plan is a generator that yields requests and is sent their answers; `conversation` runs many plans at once, so that
each step of all of them is one exchange. Nothing here does I/O.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from adapters.ldap import conditions, translate
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import Directory, TypeRules
from adapters.ldap.encoding import NO_ATTRIBUTES, Request, Scope, search
from adapters.ldap.errors import NO_SUCH_OBJECT, SIZE_LIMIT_EXCEEDED, SUCCESS, result_error
from bridge.sdk import AmbiguousObjectError, Anchor, ConfigurationError, ObjectRef

T = TypeVar("T")
Plan = Generator[Sequence[Request], Sequence[Response], T]

CACHED: Final = 10_000
"""Anchors whose last known DN is kept."""

ONE: Final = 2
"""Entries that a search for one asks for: the second tells that it is not the only one."""


class KnownNames:
    """The last known DN of recent anchors: a guess that every use verifies, because others rename too."""

    def __init__(self) -> None:
        self._names: OrderedDict[Anchor, str] = OrderedDict()
        self._left: dict[Anchor, str] = {}

    def get(self, anchor: Anchor) -> str | None:
        return self._names.get(anchor)

    def put(self, anchor: Anchor, name: str) -> None:
        self._names[anchor] = name
        self._names.move_to_end(anchor)
        if len(self._names) > CACHED:
            self._names.popitem(last=False)

    def leave(self, anchor: Anchor, name: str) -> None:
        """The object was renamed, and others may still refer to it by that name."""
        self._left[anchor] = name

    def left(self, anchor: Anchor) -> str | None:
        return self._left.get(anchor)

    def arrived(self, anchor: Anchor) -> None:
        """Nobody refers to it by an old name any more."""
        self._left.pop(anchor, None)

    def drop(self, anchor: Anchor) -> None:
        self._names.pop(anchor, None)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the target: its schema, and where objects were last seen."""

    directory: Directory
    names: KnownNames


def is_type(rules: TypeRules) -> bytes:
    """True of entries of the object type."""
    wanted = conditions.equal("objectClass", rules.settings.structural_class.encode())
    if not rules.apart:
        return wanted
    return conditions.all_of((wanted, conditions.none_of(conditions.equal("objectClass", rules.apart.encode()))))


def is_anchor(directory: Directory, anchor: Anchor) -> bytes:
    return conditions.equal(directory.anchor.name, directory.anchor_form.to_bytes(anchor))


def by_anchor(directory: Directory, rules: TypeRules, anchor: Anchor, attributes: Sequence[str]) -> Sequence[Request]:
    """One search below each base of the type."""
    condition = conditions.all_of((is_type(rules), is_anchor(directory, anchor)))
    return [search(base, Scope.SUBTREE, condition, attributes, limit=ONE) for base in rules.settings.bases]


def by_name(name: str, condition: bytes, attributes: Sequence[str]) -> Request:
    return search(name, Scope.BASE, condition, attributes, limit=ONE)


def find(
    directory: Directory, rules: TypeRules, ref: ObjectRef, attributes: Sequence[str] = NO_ATTRIBUTES
) -> Plan[Entry | None]:
    """The entry of that anchor, or of that name if no anchor is given; None if the server says there is none."""
    address = directory.anchor_form.address(ref.anchor) if ref.anchor else None
    if address:
        [answer] = yield [by_name(address, is_type(rules), attributes)]
        entry = only(answer, str(ref))
        return entry if entry and translate.is_in_scope(rules, entry.dn) else None
    if ref.anchor:
        answers = yield by_anchor(directory, rules, ref.anchor, attributes)
        for base, answer in zip(rules.settings.bases, answers, strict=True):
            if answer.code == NO_SUCH_OBJECT:
                raise no_base(rules, base)
        return only_among(answers, str(ref))
    [answer] = yield [by_name(ref.name or "", is_type(rules), attributes)]
    return only(answer, str(ref))


def no_base(rules: TypeRules, base: str) -> ConfigurationError:
    return ConfigurationError(f"object_types.{rules.name}.base: {base} is not there or not readable")


def only_among(answers: Iterable[Response], subject: str) -> Entry | None:
    """The one entry that the searches for one have found, each below another base."""
    found = [entry for entry in (only(each, subject) for each in answers) if entry is not None]
    if len(found) > 1:
        raise AmbiguousObjectError(f"{subject}: more than one entry answers to it")
    return found[0] if found else None


def only(answer: Response, subject: str) -> Entry | None:
    """The one entry that a search for one has found."""
    if answer.code == NO_SUCH_OBJECT:
        return None
    if len(answer.entries) > 1 or answer.code == SIZE_LIMIT_EXCEEDED:
        raise AmbiguousObjectError(f"{subject}: more than one entry answers to it")
    if answer.code != SUCCESS:
        raise result_error(answer, None, subject)
    if answer.references and not answer.entries:
        raise elsewhere(subject)
    return answer.entries[0] if answer.entries else None


def elsewhere(subject: str) -> ConfigurationError:
    """A part of the search lies on another server, where it is not continued: what was not found may be there."""
    return ConfigurationError(
        f"{subject}: a part of what was searched lies on another server; choose bases without referrals"
    )
