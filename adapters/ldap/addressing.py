"""Where a write goes, and the assertion that binds it to its object. A step of a plan, called by `plans`.

An object is addressed by DN on the wire, but meant by its anchor. The DN at hand may be old, so the write itself
carries `(entryUUID=…)`: sent to a wrong entry it is refused, and then the object is looked up and the write sent once
more. After doubt the assertion holds the version that the confirm read (RFC 4528 with entryCSN).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from adapters.ldap import conditions, dn, encoding, translate
from adapters.ldap.decoding import Response
from adapters.ldap.encoding import NO_ATTRIBUTES, Request
from adapters.ldap.errors import ASSERTION_FAILED, NO_SUCH_OBJECT
from adapters.ldap.lookup import Known, KnownNames, Plan, by_name, find, is_anchor, is_type, only
from adapters.ldap.schema import Directory, TypeRules
from adapters.ldap.server_kind import OPENLDAP
from bridge.sdk import Attempt, ConfigurationError, ObjectRef, PreconditionError, TargetObject, UnknownObjectError

_MISSED: Final = frozenset({NO_SUCH_OBJECT, ASSERTION_FAILED})
"""The write did not find its object at the DN where it was sent."""

Make = Callable[[str, bytes], Request]
"""Makes the request from the DN and the assertion control (no bytes for none)."""


@dataclass(frozen=True, slots=True)
class Written:
    """The DN that the write was sent to, and its answer; no answer if nothing had to be sent."""

    name: str
    answer: Response | None


def write(known: Known, attempt: Attempt, make: Make, done_at: str | None = None) -> Plan[Written]:
    """Send a write to its object wherever it is. UnknownObjectError if it is nowhere; PreconditionError if it is no
    longer as observed. An object that lies at `done_at` already is left alone."""
    ref = attempt.operation.target
    rules = known.directory.rules(ref.object_type)
    wanted = condition(known.directory, rules, attempt)
    name = _guess(rules, known.names, attempt)
    if name is None:
        name = yield from _locate(known, rules, ref)
    answer = yield from bound(name, wanted, make)
    if answer.code not in _MISSED:
        return Written(name, answer)
    found = yield from _locate(known, rules, ref)
    if dn.key(found) == dn.key(name) and answer.code == NO_SUCH_OBJECT:
        return Written(name, answer)
    if attempt.conditional:
        raise PreconditionError(f"{ref} is no longer in the state that was observed")
    if found == done_at:
        return Written(found, None)
    return Written(found, (yield from bound(found, wanted, make)))


def bound(name: str, wanted: bytes, make: Make) -> Plan[Response]:
    """Send a write that takes effect only if the filter is true of the entry."""
    [answer] = yield [make(name, encoding.assertion(wanted))]
    if answer.code != ASSERTION_FAILED or OPENLDAP.confused_by_assertion not in answer.diagnostic:
        return answer
    # The server cannot check this write itself, so we look first; between look and write is one round trip.
    [looked] = yield [by_name(name, wanted, NO_ATTRIBUTES)]
    if only(looked, name) is None:
        return Response(code=ASSERTION_FAILED)
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
    if attempt.conditional and attempt.observed is not None:
        return attempt.observed.name
    guess = (names.get(ref.anchor) if ref.anchor else None) or ref.name
    return None if guess is None else translate.checked_name(rules, guess)


def _locate(known: Known, rules: TypeRules, ref: ObjectRef) -> Plan[str]:
    entry = yield from find(known.directory, rules, ref)
    if entry is None:
        if ref.anchor:
            known.names.drop(ref.anchor)
        raise UnknownObjectError(f"the server has no {ref}")
    if ref.anchor:
        known.names.put(ref.anchor, entry.dn)
    return entry.dn
