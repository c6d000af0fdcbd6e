"""Fits an update to what is there already: LDAP refuses to add a value that is there, and to remove one that is not.

Called by `update` after such a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, cast

from adapters.ldap import conditions, translate, values
from adapters.ldap.addressing import guarded, tightest, unchanged_since
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import TypeRules
from adapters.ldap.errors import ASSERTION_FAILED, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, by_name, is_type, only
from adapters.ldap.modifications import Modification, parts, reads, reduced, touched
from adapters.ldap.plans.modifying import filling, reach, send_rest
from adapters.ldap.ranges import complete
from bridge.sdk import (
    Applied,
    Attempt,
    AttributeDelta,
    DeltaKind,
    Name,
    PreconditionError,
    Success,
    TargetObject,
    ThrottledError,
    Unchanged,
    UnknownObjectError,
    Update,
)

MERGES: Final = 3
"""How often an update is fitted to what is there before others' writes are waited out."""

FEW: Final = 16
"""Values that the server is asked for one by one: all of the attribute's may be 100,000."""

Fit = Callable[[Entry | None], list[Modification]]
"""The changes to send, given the entry as it is."""


def merge(known: Known, attempt: Attempt, name: str, fit: Fit, observed: TargetObject | None) -> Plan[Success]:
    """Send what is missing. `observed` is what the object must still be; none if our own writes have changed it."""
    target, directory = attempt.operation.target, known.directory
    rules = directory.rules(target.object_type)
    for _ in range(MERGES):
        entry = yield from _held(known, rules, attempt, name, fit)
        anchor, version = translate.anchor_in(directory, entry), translate.version_in(directory, entry)
        if target.anchor and anchor != target.anchor:
            raise PreconditionError(f"{name} became another object meanwhile")
        if attempt.conditional and observed and version != observed.version:
            raise PreconditionError(f"{target} is no longer in the state that was observed")
        left = reduced(fit(entry), entry)
        if not left:
            return Unchanged(anchor, Name(entry.dn))
        answer = yield from _send(known, attempt, name, left, unchanged_since(directory, anchor, version, name))
        if answer.code == SUCCESS:
            return Applied(anchor, Name(entry.dn))
        if answer.code != ASSERTION_FAILED:
            raise result_error(answer, attempt.operation.kind, str(target))
    raise ThrottledError(f"{target} is being changed by others; the update did not get in between", retry_after=1.0)


def _send(
    known: Known, attempt: Attempt, name: str, changes: Sequence[Modification], unchanged: bytes
) -> Plan[Response]:
    target = attempt.operation.target
    rules = known.directory.rules(target.object_type)
    first, *rest = parts(changes, known.directory.most_value_bytes)
    guard = tightest(known, reach(rules, first))
    written = yield from filling(rules, first, partial(guarded, known, rules, name, unchanged, guard=guard))
    answer = cast("Response", written.answer)
    if answer.code != SUCCESS:
        return answer
    answer = yield from send_rest(known, rules, target, name, rest)
    # Somebody came between the parts; where it is the first one, the server means something else by such a result.
    return Response(code=ASSERTION_FAILED) if answer.code in known.directory.kind.same_values else answer


def _held(known: Known, rules: TypeRules, attempt: Attempt, name: str, fit: Fit) -> Plan[Entry]:
    """The entry with the values that the update is about."""
    deltas = cast("Update", attempt.operation.body).deltas
    marks = (known.directory.anchor.name, known.directory.kind.version)
    probes = _probes(rules, deltas, fit)
    asked = marks if probes else (*marks, *touched(rules, deltas))
    here, *answers = yield [
        by_name(name, is_type(rules), asked),
        *(by_name(name, conditions.equal(attribute, content), marks) for attribute, content in probes),
    ]
    entry = only(here, name)
    if entry is None:
        raise UnknownObjectError(f"the server has no {attempt.operation.target}")
    held = dict(entry.attributes)
    for (attribute, content), answer in zip(probes, answers, strict=True):
        if only(answer, name) is not None:
            held[attribute] = [*held.get(attribute, ()), content]
    return (yield from complete(known.directory, Entry(entry.dn, held), asked))


def _probes(rules: TypeRules, deltas: Sequence[AttributeDelta], fit: Fit) -> list[tuple[str, bytes]]:
    """Each value of the update with its attribute, where the server can be asked for them one by one."""
    if reads(rules, deltas) or any(each.kind is DeltaKind.REPLACE for each in deltas):
        return []
    changes = fit(None)
    few = sum(len(contents) for _, _, contents in changes) <= FEW
    if not few or not all(each.equality and not values.may_have_uid(each) for _, each, _ in changes):
        return []
    return [(values.wire_name(each), content) for _, each, contents in changes for content in contents]
