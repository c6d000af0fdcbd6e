"""Rename, which in a directory also moves. A name that differs only in case is a name to be given like any other."""

from __future__ import annotations

from functools import partial
from typing import cast

from adapters.ldap import dn, encoding, translate
from adapters.ldap.addressing import Reach, write
from adapters.ldap.encoding import Request
from adapters.ldap.errors import ALREADY_EXISTS, NO_SUCH_OBJECT, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan
from adapters.ldap.plans.taken import anchor_at, no_parent
from bridge.sdk import AlreadyExistsError, Applied, Attempt, Name, ObjectRef, Rename, Success, Unchanged


def rename(known: Known, attempt: Attempt) -> Plan[Success]:
    target = attempt.operation.target
    rules = known.directory.rules(target.object_type)
    new_name = translate.checked_name(rules, cast("Rename", attempt.operation.body).new_name)
    known.directory.protection.check_name(new_name)
    written = yield from write(known, attempt, Reach.LINKED_ENTRIES, partial(_modify_dn, new_name), new_name)
    if written.answer is None:
        return Unchanged(target.anchor, Name(new_name))
    if written.answer.code == SUCCESS:
        if target.anchor:
            known.names.put(target.anchor, new_name)
        return Applied(target.anchor, Name(new_name))
    if written.answer.code == NO_SUCH_OBJECT:
        raise no_parent(known, new_name)
    if written.answer.code == ALREADY_EXISTS:
        return (yield from _taken(known, target, new_name))
    raise result_error(written.answer, attempt.operation.kind, str(target))


def _modify_dn(new: str, old: str, control: bytes) -> Request:
    rdn, parent = dn.split(new)
    # An entry addressed by its anchor shows no parent; to name the present one does no harm.
    stays = not old.startswith("<") and dn.key(parent) == dn.key(dn.split(old)[1])
    return encoding.modify_dn(old, rdn, None if stays else parent, control)


def _taken(known: Known, target: ObjectRef, new_name: str) -> Plan[Success]:
    """The server says that the name exists; the object itself may be the one that has it."""
    anchor = yield from anchor_at(known, new_name)
    if anchor is not None and anchor == target.anchor:
        return Unchanged(anchor, Name(new_name))
    raise AlreadyExistsError(f"an entry {new_name} exists", anchor=anchor)
