"""Rename, which in a directory also moves. A name that differs only in case is a name to be given like any other.

Groups that hold the old name are corrected after it, by the server or by us, before the rename is answered: for a batch
by `following`, for what that leaves by `repairing`. An attempt after doubt does the same again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from adapters.ldap import dn, encoding, translate
from adapters.ldap.addressing import Reach, Written, write
from adapters.ldap.conditions import present
from adapters.ldap.directory import TypeRules
from adapters.ldap.encoding import NO_ATTRIBUTES, Request
from adapters.ldap.errors import ALREADY_EXISTS, NO_SUCH_OBJECT, OTHER, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, by_name, only
from adapters.ldap.plans.parents import make_parents
from adapters.ldap.plans.repairing import repair
from adapters.ldap.plans.taken import anchor_at, no_parent
from bridge.sdk import AlreadyExistsError, Anchor, Applied, Attempt, Name, ObjectRef, Rename, Success, Unchanged


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """What a rename came to at its object. Groups may still hold `old`; None if there is nothing to correct."""

    rules: TypeRules
    anchor: Anchor | None
    success: Success
    old: str | None
    new: str


def rename(known: Known, attempt: Attempt) -> Plan[Success]:
    moved = yield from move(known, attempt)
    return (yield from follow(known, moved))


def follow(known: Known, moved: Moved) -> Plan[Success]:
    """Corrects the groups that hold the old name."""
    if moved.old is not None:
        yield from repair(known, moved.rules, moved.old, moved.new)
    return followed(known, moved)


def followed(known: Known, moved: Moved) -> Success:
    """Nobody holds the old name any more."""
    if moved.anchor:
        known.names.arrived(moved.anchor)
    return moved.success


def move(known: Known, attempt: Attempt) -> Plan[Moved]:
    attempt = _of_what_was_observed(attempt)
    target = attempt.operation.target
    rules = known.directory.rules(target.object_type)
    new_name = translate.checked_name(rules, cast("Rename", attempt.operation.body).new_name)
    known.directory.protection.check_name(new_name)
    if _was_renamed(attempt):
        return (yield from _moved(known, attempt, None, Unchanged(target.anchor, Name(new_name))))
    send = partial(write, known, attempt, Reach.LINKED_ENTRIES, partial(_modify_dn, new_name), new_name)
    written = yield from send()
    if (yield from _lacks_parent(written, new_name)):
        if not (yield from make_parents(rules, new_name)):
            raise no_parent(known, new_name)
        written = yield from send()
    if written.answer is None:
        return (yield from _moved(known, attempt, None, Unchanged(target.anchor, Name(new_name))))
    if written.answer.code == SUCCESS:
        return (yield from _moved(known, attempt, written.name, Applied(target.anchor, Name(new_name))))
    if written.answer.code == ALREADY_EXISTS:
        return (yield from _taken(known, attempt, new_name))
    raise result_error(written.answer, attempt.operation.kind, str(target))


def _of_what_was_observed(attempt: Attempt) -> Attempt:
    """After doubt the object may not have the name any more that it is called by: its anchor tells which is meant."""
    target, observed = attempt.operation.target, attempt.observed
    if target.anchor or not attempt.conditional or observed is None:
        return attempt
    meant = ObjectRef(target.object_type, observed.anchor, target.name)
    return replace(attempt, operation=replace(attempt.operation, target=meant))


def _was_renamed(attempt: Attempt) -> bool:
    """Whether the object was read back after doubt and has its new name: only groups may still hold the old one."""
    observed = attempt.observed
    return (
        attempt.conditional
        and observed is not None
        and observed.name == cast("Rename", attempt.operation.body).new_name
    )


def _lacks_parent(written: Written, new_name: str) -> Plan[bool]:
    if written.answer is None or written.answer.code not in {NO_SUCH_OBJECT, OTHER}:
        return False
    if written.answer.code == NO_SUCH_OBJECT:
        return True
    # Samba's words for it are no more than that something is wrong.
    _, parent = dn.split(new_name)
    return (yield from _is_free(parent))


def _moved(known: Known, attempt: Attempt, left: str | None, success: Success) -> Plan[Moved]:
    """`left` is the name that was just left.

    One that an earlier attempt has left is remembered, or what the caller calls the object.
    """
    target, new = attempt.operation.target, cast("Rename", attempt.operation.body).new_name
    if left is not None and dn.parse(left) == dn.parse(new):
        left = None
    if target.anchor:
        if left is not None:
            known.names.leave(target.anchor, left)
        known.names.put(target.anchor, new)
    old = left or (target.anchor and known.names.left(target.anchor)) or target.name
    # Where another object has the old name by now, references to that name are meant for it.
    ours = left is not None or old is None or dn.key(old) == dn.key(new) or (yield from _is_free(old))
    stale = old if ours and old is not None and dn.parse(old) != dn.parse(new) else None
    return Moved(known.directory.rules(target.object_type), target.anchor, success, stale, new)


def _is_free(name: str) -> Plan[bool]:
    [answer] = yield [by_name(name, present("objectClass"), NO_ATTRIBUTES)]
    return only(answer, name) is None


def _modify_dn(new: str, old: str, control: bytes) -> Request:
    rdn, parent = dn.split(new)
    # An entry addressed by its anchor shows no parent; to name the present one does no harm.
    stays = not old.startswith("<") and dn.key(parent) == dn.key(dn.split(old)[1])
    return encoding.modify_dn(old, rdn, None if stays else parent, control)


def _taken(known: Known, attempt: Attempt, new_name: str) -> Plan[Moved]:
    """The server says that the name exists; the object itself may be the one that has it."""
    anchor = yield from anchor_at(known, new_name)
    if anchor is not None and anchor == attempt.operation.target.anchor:
        return (yield from _moved(known, attempt, None, Unchanged(anchor, Name(new_name))))
    raise AlreadyExistsError(f"an entry {new_name} exists", anchor=anchor)
