"""Where a write goes, and what binds it to its object. A step of a plan, called by `plans`.

An object is addressed by DN on the wire, but meant by its anchor, and the DN at hand may be old. So one look at the
entry (its anchor, after doubt its version too) goes before the write; if it is another entry or gone, the object is
searched by its anchor.

The look leaves one round trip in which somebody else may exchange the entry. The assertion control (RFC 4528) leaves
none, but OpenLDAP's overlays hand it on to the writes and searches that they make themselves, where it is false:
memberof then silently leaves memberOf as it was, unique refuses. So it is used after doubt only, and only on writes
that reach no other entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from adapters.ldap import conditions, dn, encoding, translate
from adapters.ldap.decoding import Response
from adapters.ldap.encoding import NO_ATTRIBUTES, Request
from adapters.ldap.errors import ASSERTION_FAILED, NO_SUCH_OBJECT
from adapters.ldap.lookup import Known, KnownNames, Plan, by_name, find, is_anchor, is_type, only
from adapters.ldap.schema import Backlinks, Directory, TypeRules
from adapters.ldap.server_kind import OPENLDAP
from bridge.sdk import Attempt, ConfigurationError, ObjectRef, PreconditionError, TargetObject, UnknownObjectError

_MISSED: Final = frozenset({NO_SUCH_OBJECT, ASSERTION_FAILED})
"""The write did not find its object at the DN where it was sent."""

Make = Callable[[str, bytes], Request]
"""Makes the request from the DN and the assertion control (no bytes for none)."""


class Reach(Enum):
    """Whether a server may follow the write up in other entries."""

    ENTRY = "entry"
    LINKED_ENTRIES = "linked_entries"
    """Those that the entry refers to, or that refer to it: a rename, a delete, a change of references."""


class Guard(Enum):
    """What makes sure that the write meets the entry in the state that is meant."""

    LOOK = "look"
    ASSERTION = "assertion"


@dataclass(frozen=True, slots=True)
class Written:
    """The DN that the write was sent to, and its answer; no answer if nothing had to be sent."""

    name: str
    answer: Response | None


def write(known: Known, attempt: Attempt, reach: Reach, make: Make, done_at: str | None = None) -> Plan[Written]:
    """Send a write to its object wherever it is. UnknownObjectError if it is nowhere; PreconditionError if it is no
    longer as observed. An object that lies at `done_at` already is left alone."""
    ref = attempt.operation.target
    rules = known.directory.rules(ref.object_type)
    wanted = condition(known.directory, rules, attempt)
    guard = tightest(known, reach) if attempt.conditional else Guard.LOOK
    name = _guess(rules, known.names, attempt)
    if name is None:
        name = yield from _locate(known, rules, ref)
    answer = yield from guarded(name, wanted, make, guard, done_at)
    if answer is None or answer.code not in _MISSED:
        return Written(name, answer)
    found = yield from _locate(known, rules, ref)
    if dn.key(found) == dn.key(name) and answer.code == NO_SUCH_OBJECT:
        return Written(name, answer)
    if attempt.conditional:
        raise PreconditionError(f"{ref} is no longer in the state that was observed")
    return Written(found, (yield from guarded(found, wanted, make, guard, done_at)))


def tightest(known: Known, reach: Reach) -> Guard:
    """The best guard that does no harm on this server."""
    harmless = reach is Reach.ENTRY or known.directory.backlinks is Backlinks.NONE
    return Guard.ASSERTION if harmless else Guard.LOOK


def guarded(name: str, wanted: bytes, make: Make, guard: Guard, done_at: str | None = None) -> Plan[Response | None]:
    """Send a write that takes effect only if the filter is true of the entry: ASSERTION_FAILED if it is not. None if
    the entry was seen to lie at `done_at` already, and nothing was sent."""
    if guard is Guard.ASSERTION:
        [answer] = yield [make(name, encoding.assertion(wanted))]
        if answer.code != ASSERTION_FAILED or OPENLDAP.confused_by_assertion not in answer.diagnostic:
            return answer
    [looked] = yield [by_name(name, wanted, NO_ATTRIBUTES)]
    entry = only(looked, name)
    if entry is None:
        return Response(code=looked.code or ASSERTION_FAILED)
    if entry.dn == done_at:
        return None
    [answer] = yield [make(name, b"")]
    return answer


def condition(directory: Directory, rules: TypeRules, attempt: Attempt) -> bytes:
    """What must be true of the entry: that it is the object, and after doubt that it is still as observed."""
    ref = attempt.operation.target
    if attempt.conditional and attempt.observed is not None:
        return unchanged_since(directory, attempt.observed)
    return is_anchor(directory, ref.anchor) if ref.anchor else is_type(rules)


def unchanged_since(directory: Directory, observed: TargetObject) -> bytes:
    """True of the entry while nobody has written it since it was read."""
    if observed.version is None:
        raise ConfigurationError(f"{observed.name} shows no {OPENLDAP.version}; let the account read it")
    version = conditions.equal(OPENLDAP.version, observed.version.encode())
    return conditions.all_of((is_anchor(directory, observed.anchor), version))


def _guess(rules: TypeRules, names: KnownNames, attempt: Attempt) -> str | None:
    """The DN to try first. Without an anchor it is the only one, and must lie in scope."""
    ref = attempt.operation.target
    if not ref.anchor:
        return translate.checked_name(rules, ref.name)
    observed = attempt.observed.name if attempt.conditional and attempt.observed else None
    guess = observed or names.get(ref.anchor) or ref.name
    return guess if guess and translate.is_in_scope(rules, guess) else None


def _locate(known: Known, rules: TypeRules, ref: ObjectRef) -> Plan[str]:
    entry = yield from find(known.directory, rules, ref)
    if entry is None:
        if ref.anchor:
            known.names.drop(ref.anchor)
        raise UnknownObjectError(f"the server has no {ref}")
    if ref.anchor:
        known.names.put(ref.anchor, entry.dn)
    return entry.dn
