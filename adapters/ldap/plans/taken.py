"""What creates and renames have in common: a parent that is missing, a name that is taken."""

from __future__ import annotations

from adapters.ldap import dn, translate
from adapters.ldap.conditions import present
from adapters.ldap.lookup import Known, Plan, by_name, only
from bridge.sdk import Anchor, Name, NotReadyError, ObjectRef


def no_parent(known: Known, name: str) -> NotReadyError:
    """The container of that DN is not there yet."""
    _, parent = dn.split(name)
    ref = ObjectRef(known.directory.type_of(parent), name=Name(parent)) if parent else None
    return NotReadyError(f"{parent}, the parent of {name}, is not there yet", waits_for=ref, attributes=("name",))


def anchor_at(known: Known, name: str) -> Plan[Anchor | None]:
    """The anchor of the entry at that DN, of whatever type it is; None if there is none or it does not show one."""
    [answer] = yield [by_name(name, present("objectClass"), (known.directory.anchor.name,))]
    entry = only(answer, name)
    return None if entry is None else translate.anchor_in(known.directory, entry)
