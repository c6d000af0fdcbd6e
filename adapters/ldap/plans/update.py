"""Update: one modify with all deltas, all or none; one modify after the other where there are too many values for one.

Values that are there, or gone, already are taken out and the rest is sent again, bound to the state that was read, so
that no other writer's change is lost. For the same reason what was sent in part can be sent again from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

from adapters.ldap import translate
from adapters.ldap.addressing import write
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import TypeRules
from adapters.ldap.encoding import NO_ATTRIBUTES
from adapters.ldap.errors import SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, find
from adapters.ldap.modifications import modifications, parts, reads
from adapters.ldap.plans.merging import merge
from adapters.ldap.plans.modifying import filling, reach, send_rest
from adapters.ldap.ranges import complete
from adapters.ldap.references import require, resolve
from adapters.ldap.stored_references import Referred, asked_of_referred
from bridge.sdk import (
    Applied,
    Attempt,
    AttributeDelta,
    DeltaKind,
    Name,
    ObjectRef,
    Success,
    Unchanged,
    UnknownObjectError,
    Update,
)


def update(known: Known, attempt: Attempt) -> Plan[Success]:
    target = attempt.operation.target
    deltas = cast("Update", attempt.operation.body).deltas
    rules = known.directory.rules(target.object_type)
    referred = yield from _references(known, rules, deltas)
    fit = partial(modifications, rules, deltas, referred)
    present = yield from _present(known, target, reads(rules, deltas))
    changes = fit(present)
    if not changes:
        return (yield from _nothing_to_do(known, target))
    first, *rest = parts(changes, known.directory.most_value_bytes)
    written = yield from filling(rules, first, lambda make: write(known, attempt, reach(rules, first), make))
    answer = cast("Response", written.answer)
    begun = answer.code == SUCCESS
    if begun:
        answer = yield from send_rest(known, rules, target, written.name, rest)
    if answer.code in known.directory.kind.same_values:
        merged = yield from merge(known, attempt, written.name, fit, observed=None if begun else attempt.observed)
        return Applied(merged.anchor, merged.name) if begun else merged
    if answer.code != SUCCESS:
        raise result_error(answer, attempt.operation.kind, str(target))
    return Applied(target.anchor, Name(written.name))


def _references(known: Known, rules: TypeRules, deltas: Sequence[AttributeDelta]) -> Plan[Referred]:
    wanted = translate.references_in(each.values for each in deltas)
    referred = yield from resolve(known, wanted, asked_of_referred(rules))
    for delta in deltas:
        refs = list(translate.references_in([delta.values]))
        # A reference to what is gone may be removed, by the DN it had if that is told.
        if delta.kind is DeltaKind.REMOVE:
            referred |= {ref: Entry(ref.name, {}) for ref in refs if ref.name and ref not in referred}
        else:
            require(referred, delta.attribute, refs)
    return referred


def _present(known: Known, target: ObjectRef, wanted: Sequence[str]) -> Plan[Entry | None]:
    """The entry, where what is to be sent depends on it."""
    if not wanted:
        return None
    asked = (*wanted, known.directory.kind.version)
    entry = yield from find(known.directory, known.directory.rules(target.object_type), target, asked)
    if entry is None:
        raise UnknownObjectError(f"the server has no {target}")
    return (yield from complete(known.directory, entry, asked))


def _nothing_to_do(known: Known, target: ObjectRef) -> Plan[Success]:
    entry = yield from find(known.directory, known.directory.rules(target.object_type), target, NO_ATTRIBUTES)
    if entry is None:
        raise UnknownObjectError(f"the server has no {target}")
    return Unchanged(target.anchor, Name(entry.dn))
