"""Update: one modify with all deltas, all or none. Values that are there, or gone, already are taken out and the rest
is sent again, bound to the state that was read, so that no other writer's change is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, cast

from adapters.ldap import encoding, translate, values
from adapters.ldap.addressing import Reach, guarded, tightest, unchanged_since, write
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.encoding import NO_ATTRIBUTES, Request
from adapters.ldap.errors import ASSERTION_FAILED, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, by_name, find, is_type, only
from adapters.ldap.ranges import complete
from adapters.ldap.references import require, resolve
from adapters.ldap.translate import Dns, Modification
from bridge.sdk import (
    Applied,
    Attempt,
    AttributeDelta,
    AttributeType,
    DeltaKind,
    Name,
    ObjectRef,
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

Fit = Callable[[Entry | None], list[Modification]]
"""The changes to send, given the entry as it is."""


def update(known: Known, attempt: Attempt) -> Plan[Success]:
    target = attempt.operation.target
    deltas = cast("Update", attempt.operation.body).deltas
    dns = yield from _references(known, deltas)
    rules = known.directory.rules(target.object_type)
    present = yield from _present(known, target, deltas)
    fit = partial(translate.modifications, rules, deltas, dns)
    changes = fit(present)
    if not changes:
        return (yield from _nothing_to_do(known, target))
    written = yield from write(known, attempt, _reach(changes), partial(_modify, changes))
    answer = cast("Response", written.answer)
    if answer.code in known.directory.kind.same_values:
        return (yield from _merge(known, attempt, written.name, fit))
    if answer.code != SUCCESS:
        raise result_error(answer, attempt.operation.kind, str(target))
    return Applied(target.anchor, Name(written.name))


def _references(known: Known, deltas: Sequence[AttributeDelta]) -> Plan[Dns]:
    dns = yield from resolve(known, translate.references_in(each.values for each in deltas))
    for delta in deltas:
        # A reference to what is gone may be removed, by the DN it had if that is told.
        if delta.kind is DeltaKind.REMOVE:
            dns |= {ref: ref.name for ref in translate.references_in([delta.values]) if ref.name and ref not in dns}
        else:
            require(dns, delta.attribute, translate.references_in([delta.values]))
    return dns


def _present(known: Known, target: ObjectRef, deltas: Sequence[AttributeDelta]) -> Plan[Entry | None]:
    """The entry, where what is to be sent depends on it."""
    rules = known.directory.rules(target.object_type)
    if rules.status is None or not any(translate.changes_status(rules, delta) for delta in deltas):
        return None
    entry = yield from find(known.directory, rules, target, rules.status.reads)
    if entry is None:
        raise UnknownObjectError(f"the server has no {target}")
    return entry


def _nothing_to_do(known: Known, target: ObjectRef) -> Plan[Success]:
    entry = yield from find(known.directory, known.directory.rules(target.object_type), target, NO_ATTRIBUTES)
    if entry is None:
        raise UnknownObjectError(f"the server has no {target}")
    return Unchanged(target.anchor, Name(entry.dn))


def _modify(changes: Iterable[Modification], name: str, control: bytes) -> Request:
    return encoding.modify(name, ((change, values.wire_name(what), held) for change, what, held in changes), control)


def _reach(changes: Iterable[Modification]) -> Reach:
    links = any(values.type_of(what) is AttributeType.REFERENCE for _, what, _ in changes)
    return Reach.LINKED_ENTRIES if links else Reach.ENTRY


def _merge(known: Known, attempt: Attempt, name: str, fit: Fit) -> Plan[Success]:
    target = attempt.operation.target
    rules = known.directory.rules(target.object_type)
    for _ in range(MERGES):
        entry, current = yield from _read(known, target, name)
        if attempt.conditional and attempt.observed and current.version != attempt.observed.version:
            raise PreconditionError(f"{target} is no longer in the state that was observed")
        left = translate.reduced(fit(entry), entry)
        if not left:
            return Unchanged(current.anchor, current.name)
        unchanged = unchanged_since(known.directory, current)
        guard = tightest(known, _reach(left))
        answer = cast(
            "Response", (yield from guarded(known, rules, name, unchanged, partial(_modify, left), guard)).answer
        )
        if answer.code == SUCCESS:
            return Applied(current.anchor, current.name)
        if answer.code != ASSERTION_FAILED:
            raise result_error(answer, attempt.operation.kind, str(target))
    raise ThrottledError(f"{target} is being changed by others; the update did not get in between", retry_after=1.0)


def _read(known: Known, target: ObjectRef, name: str) -> Plan[tuple[Entry, TargetObject]]:
    rules = known.directory.rules(target.object_type)
    wanted = translate.read_attributes(rules, known.directory)
    [answer] = yield [by_name(name, is_type(rules), wanted)]
    entry = only(answer, str(target))
    if entry is None:
        raise UnknownObjectError(f"the server has no {target}")
    entry = yield from complete(known.directory, entry, wanted)
    current = translate.to_object(known.directory, rules, entry)
    if target.anchor and current.anchor != target.anchor:
        raise PreconditionError(f"{name} became another object meanwhile")
    return entry, current
