"""Finds the DNs of the objects that values refer to. A step of a plan, called by `plans` before a write.

LDAP itself takes the DN of an entry that does not exist; so each is looked up first, all of a batch in one exchange.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adapters.ldap import conditions, dn
from adapters.ldap.decoding import Response
from adapters.ldap.encoding import NO_ATTRIBUTES, Request, Scope, search
from adapters.ldap.lookup import ONE, Known, KnownNames, Plan, by_name, is_anchor, only
from adapters.ldap.schema import Directory
from bridge.sdk import InvalidValueError, NotReadyError, ObjectRef


def resolve(known: Known, refs: Iterable[ObjectRef]) -> Plan[dict[ObjectRef, str]]:
    """The DN of each object that is there; the others are left out."""
    wanted = list(dict.fromkeys(refs))
    if not wanted:
        return {}
    answers = yield [_quick(known.directory, known.names, ref) for ref in wanted]
    found = _found(wanted, answers, known.names)
    # A name that was only a guess may be old: the anchor decides.
    again = [ref for ref in wanted if ref not in found and ref.anchor]
    if again:
        answers = yield [_by_anchor(known.directory, ref) for ref in again]
        found |= _found(again, answers, known.names)
    return found


def require(refs: Mapping[ObjectRef, str], attribute: str, wanted: Iterable[ObjectRef]) -> None:
    """NotReadyError for the first reference that is not there yet."""
    for ref in wanted:
        if ref not in refs:
            raise NotReadyError(
                f"{attribute} refers to {ref}, which is not there yet", waits_for=ref, attributes=(attribute,)
            )


def _quick(directory: Directory, names: KnownNames, ref: ObjectRef) -> Request:
    guess = (names.get(ref.anchor) if ref.anchor else None) or ref.name
    if guess is None:
        return _by_anchor(directory, ref)
    try:
        guess.encode()
        dn.parse(guess)
    except (dn.DnError, UnicodeEncodeError) as error:
        raise InvalidValueError(f"{guess!r} is no DN: {error}") from error
    condition = is_anchor(directory, ref.anchor) if ref.anchor else conditions.present("objectClass")
    return by_name(guess, condition, NO_ATTRIBUTES)


def _by_anchor(directory: Directory, ref: ObjectRef) -> Request:
    assert ref.anchor is not None  # noqa: S101 - both callers have looked
    rules = directory.types.get(ref.object_type)
    base = rules.settings.base if rules else directory.base
    return search(base, Scope.SUBTREE, is_anchor(directory, ref.anchor), NO_ATTRIBUTES, limit=ONE)


def _found(refs: Iterable[ObjectRef], answers: Iterable[Response], names: KnownNames) -> dict[ObjectRef, str]:
    found: dict[ObjectRef, str] = {}
    for ref, answer in zip(refs, answers, strict=True):
        entry = only(answer, str(ref))
        if entry is None:
            continue
        found[ref] = entry.dn
        if ref.anchor:
            names.put(ref.anchor, entry.dn)
    return found
