"""Finds the objects that values refer to. A step of a plan, called by `plans` before a write.

LDAP itself takes the DN of an entry that does not exist; so each is looked up first, all of a batch in one exchange.
How what was found is stored, `stored_references` knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from adapters.ldap import conditions, dn
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import Directory
from adapters.ldap.encoding import Request, Scope, search
from adapters.ldap.lookup import ONE, Known, KnownNames, Plan, by_name, is_anchor, only, only_among
from bridge.sdk import InvalidValueError, NotReadyError, ObjectRef

T = TypeVar("T")


def resolve(known: Known, refs: Iterable[ObjectRef], attributes: Sequence[str]) -> Plan[dict[ObjectRef, Entry]]:
    """Each object that is there, with these attributes; the others are left out."""
    wanted = list(dict.fromkeys(refs))
    if not wanted:
        return {}
    guesses = {ref: _guess(known.names, ref) for ref in wanted}
    guessed = [ref for ref in wanted if guesses[ref] is not None]
    found: dict[ObjectRef, Entry] = {}
    if guessed:
        answers = yield [_quick(known.directory, ref, guesses[ref] or "", attributes) for ref in guessed]
        for ref, answer in zip(guessed, answers, strict=True):
            _keep(found, known.names, ref, only(answer, str(ref)))
    # A name that was only a guess may be old: the anchor decides.
    again = [ref for ref in wanted if ref not in found and ref.anchor]
    if again:
        asked = [_by_anchor(known.directory, ref, attributes) for ref in again]
        answers = yield [request for each in asked for request in each]
        for ref, some in zip(again, _grouped(answers, asked), strict=True):
            _keep(found, known.names, ref, only_among(some, str(ref)))
    return found


def require(refs: Mapping[ObjectRef, T], attribute: str, wanted: Iterable[ObjectRef]) -> None:
    """NotReadyError for the first reference that is not there yet."""
    for ref in wanted:
        if ref not in refs:
            raise NotReadyError(
                f"{attribute} refers to {ref}, which is not there yet", waits_for=ref, attributes=(attribute,)
            )


def _guess(names: KnownNames, ref: ObjectRef) -> str | None:
    return (names.get(ref.anchor) if ref.anchor else None) or ref.name


def _quick(directory: Directory, ref: ObjectRef, guess: str, attributes: Sequence[str]) -> Request:
    try:
        dn.parse(guess)
    except dn.DnError as error:
        raise InvalidValueError(f"{guess!r} is no DN: {error}") from error
    condition = is_anchor(directory, ref.anchor) if ref.anchor else conditions.present("objectClass")
    return by_name(guess, condition, attributes)


def _by_anchor(directory: Directory, ref: ObjectRef, attributes: Sequence[str]) -> list[Request]:
    assert ref.anchor is not None  # noqa: S101 - the caller has looked
    rules = directory.types.get(ref.object_type)
    bases = rules.settings.bases if rules else directory.bases
    condition = is_anchor(directory, ref.anchor)
    return [search(base, Scope.SUBTREE, condition, attributes, limit=ONE) for base in bases]


def _grouped(answers: Sequence[Response], asked: Sequence[Sequence[Request]]) -> list[Sequence[Response]]:
    """The answers to each group of requests."""
    rest = iter(answers)
    return [[next(rest) for _ in requests] for requests in asked]


def _keep(found: dict[ObjectRef, Entry], names: KnownNames, ref: ObjectRef, entry: Entry | None) -> None:
    if entry is None:
        return
    found[ref] = entry
    if ref.anchor:
        names.put(ref.anchor, entry.dn)
