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
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import Backlinks, Directory, TypeRules
from adapters.ldap.encoding import NO_ATTRIBUTES, Request
from adapters.ldap.errors import ASSERTION_FAILED, NO_SUCH_OBJECT
from adapters.ldap.lookup import Known, KnownNames, Plan, by_name, find, is_anchor, is_type, only
from adapters.ldap.protection import refused
from bridge.sdk import Anchor, Attempt, ConfigurationError, ObjectRef, PreconditionError, UnknownObjectError

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
    address = known.directory.anchor_form.address(ref.anchor) if ref.anchor else None
    name = address or _guess(rules, known.names, attempt)
    if name is None:
        name = yield from _locate(known, rules, ref)
    written = yield from guarded(known, rules, name, wanted, make, guard, done_at)
    if written.answer is None or written.answer.code not in _MISSED:
        return written
    found = yield from _locate(known, rules, ref)
    seen = not written.name.startswith("<")
    if seen and dn.key(found) == dn.key(written.name) and written.answer.code == NO_SUCH_OBJECT:
        return written
    if attempt.conditional:
        raise PreconditionError(f"{ref} is no longer in the state that was observed")
    return (yield from guarded(known, rules, found, wanted, make, guard, done_at))


def tightest(known: Known, reach: Reach) -> Guard:
    """The best guard that does no harm on this server."""
    offered = encoding.ASSERTION in known.directory.kind.controls
    harmless = offered and (reach is Reach.ENTRY or known.directory.backlinks is Backlinks.NONE)
    return Guard.ASSERTION if harmless else Guard.LOOK


def guarded(
    known: Known,
    rules: TypeRules,
    name: str,
    wanted: bytes,
    make: Make,
    guard: Guard,
    done_at: str | None = None,
) -> Plan[Written]:
    """Send a write that takes effect only if the filter is true of the entry: ASSERTION_FAILED if it is not. No answer
    if the entry was seen to lie at `done_at` already, and nothing was sent."""
    if guard is Guard.ASSERTION:
        yield from check_protection(known.directory, name)
        [answer] = yield [make(name, encoding.assertion(wanted))]
        confused = known.directory.kind.confused_by_assertion
        if answer.code != ASSERTION_FAILED or not confused or confused not in answer.diagnostic:
            return Written(name, answer)
    entry, code = yield from _look(known.directory, name, wanted)
    # What is addressed by its anchor may lie anywhere.
    if entry is None or not translate.is_in_scope(rules, entry.dn):
        return Written(name, Response(code=code or ASSERTION_FAILED))
    if entry.dn == done_at:
        return Written(entry.dn, None)
    [answer] = yield [make(name, b"")]
    return Written(entry.dn if name.startswith("<") else name, answer)


def check_protection(directory: Directory, name: str) -> Plan[None]:
    """PermissionDeniedError if the entry is one that no request may touch."""
    yield from _look(directory, name, conditions.present("objectClass"))


def _look(directory: Directory, name: str, wanted: bytes) -> Plan[tuple[Entry | None, int]]:
    """The entry if the filter is true of it, and the result; both questions in one exchange."""
    asked = [wanted, directory.protection.filter] if directory.protection.filter else [wanted]
    looked, *guarded_by = yield [by_name(name, each, NO_ATTRIBUTES) for each in asked]
    for answer in guarded_by:
        if only(answer, name) is not None:
            raise refused(name)
    entry = only(looked, name)
    if entry is not None:
        directory.protection.check_name(entry.dn)
    return entry, looked.code


def condition(directory: Directory, rules: TypeRules, attempt: Attempt) -> bytes:
    """What must be true of the entry: that it is the object, and after doubt that it is still as observed."""
    ref = attempt.operation.target
    if attempt.conditional and attempt.observed is not None:
        observed = attempt.observed
        return unchanged_since(directory, observed.anchor, observed.version, observed.name)
    if not ref.anchor:
        return is_type(rules)
    return conditions.all_of((is_anchor(directory, ref.anchor), is_type(rules)))


def unchanged_since(directory: Directory, anchor: Anchor, version: str | None, subject: str) -> bytes:
    """True of the entry while nobody has written it since that version of it was read."""
    if version is None:
        raise ConfigurationError(f"{subject} shows no {directory.kind.version}; let the account read it")
    same = conditions.equal(directory.kind.version, version.encode())
    return conditions.all_of((is_anchor(directory, anchor), same))


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
