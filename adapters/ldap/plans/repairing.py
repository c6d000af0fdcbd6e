"""After a rename, gives the object's new name to the groups that still hold the old one. Called by `rename`.

Servers with referential integrity do it themselves; then nothing is found, or what was found is right by now. Safe to
repeat: what is found is what is still wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.ldap import conditions, dn, encoding, values
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.directory import Directory, TypeRules
from adapters.ldap.encoding import NO_ATTRIBUTES, Change, Request, Scope, search
from adapters.ldap.errors import (
    INSUFFICIENT_RIGHTS,
    NO_SUCH_ATTRIBUTE,
    NO_SUCH_OBJECT,
    SUCCESS,
    VALUE_EXISTS,
    result_error,
)
from adapters.ldap.lookup import Known, Plan, is_type
from bridge.sdk import PermissionDeniedError, ThrottledError

PAGE: Final = 500

_SETTLED: Final = frozenset({SUCCESS, NO_SUCH_ATTRIBUTE, NO_SUCH_OBJECT, INSUFFICIENT_RIGHTS})
"""The old value is gone, its holder is gone, or it is not for us to change."""


@dataclass(frozen=True, slots=True)
class Stale:
    """One attribute of one object type, and the value in it that has to go for the other."""

    rules: TypeRules
    attribute: AttributeDefinition
    old: bytes
    new: bytes


def repair(known: Known, renamed: TypeRules, old: str, new: str) -> Plan[None]:
    """ThrottledError, which has the operation sent again, where a group could not be written for now."""
    for stale in stale_after(known.directory, renamed, old, new):
        for base in stale.rules.settings.bases:
            yield from _repair_below(known.directory, stale, base)


def stale_after(directory: Directory, renamed: TypeRules, old: str, new: str) -> Iterator[Stale]:
    for rules in directory.types.values():
        for attribute in rules.repaired:
            change = _change(rules, attribute, renamed, old, new)
            if change is not None:
                yield Stale(rules, attribute, *change)


def _change(
    rules: TypeRules, attribute: AttributeDefinition, renamed: TypeRules, old: str, new: str
) -> tuple[bytes, bytes] | None:
    stored = rules.by_value.get(attribute.name.lower())
    if stored is None:
        return None if dn.key(old) == dn.key(new) else (values.encode(attribute, old), values.encode(attribute, new))
    if stored.refers_to != renamed.name:
        return None
    before, after = _named_by(stored.attribute, old), _named_by(stored.attribute, new)
    return None if before is None or after is None or before == after else (before, after)


def _named_by(attribute: AttributeDefinition, name: str) -> bytes | None:
    names = {each.lower() for each in (*attribute.names, attribute.oid)}
    return next((ava.value for ava in dn.rdn_of(name) if ava.type.lower() in names), None)


def _repair_below(directory: Directory, stale: Stale, base: str) -> Plan[None]:
    left: set[str] = set()
    while True:
        condition = conditions.all_of((is_type(stale.rules), unprotected(directory), _holds(stale)))
        control = encoding.paged(PAGE, b"")
        [answer] = yield [search(base, Scope.SUBTREE, condition, NO_ATTRIBUTES, control, limit=PAGE)]
        if answer.code not in {SUCCESS, NO_SUCH_OBJECT}:
            raise result_error(answer, None, f"search of the {stale.rules.name} objects that refer to what was renamed")
        found = [each for each in answer.entries if each.dn not in left and may_be_written(directory, each)]
        if not found:
            return
        answers = yield [_replace(stale, each) for each in found]
        yield from _finish(stale, found, answers)
        # Those that are not for us to change are found each time.
        left.update(each.dn for each in found)


def _finish(stale: Stale, found: Sequence[Entry], answers: Sequence[Response]) -> Plan[None]:
    """Where the new value was there already, the old one alone has to go."""
    both = [each for each, answer in zip(found, answers, strict=True) if answer.code == VALUE_EXISTS]
    removed = (yield [_remove(stale, each) for each in both]) if both else []
    for answer in (*(each for each in answers if each.code != VALUE_EXISTS), *removed):
        if answer.code not in _SETTLED:
            said = f"result {answer.code}: {answer.diagnostic}"
            raise ThrottledError(f"it was renamed, but a {stale.rules.name} still holds its old name ({said})")


def _holds(stale: Stale) -> bytes:
    return conditions.equal(stale.attribute.name, stale.old)


def unprotected(directory: Directory) -> bytes:
    found = directory.protection.filter
    return conditions.none_of(found) if found else conditions.present("objectClass")


def may_be_written(directory: Directory, entry: Entry) -> bool:
    try:
        directory.protection.check_name(entry.dn)
    except PermissionDeniedError:
        return False
    return True


def _replace(stale: Stale, entry: Entry) -> Request:
    name = stale.attribute.name
    return encoding.modify(entry.dn, [(Change.DELETE, name, [stale.old]), (Change.ADD, name, [stale.new])])


def _remove(stale: Stale, entry: Entry) -> Request:
    return encoding.modify(entry.dn, [(Change.DELETE, stale.attribute.name, [stale.old])])
