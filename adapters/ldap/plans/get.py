"""Get: one search for one entry, and more for what did not fit into its answer."""

from __future__ import annotations

from adapters.ldap import translate
from adapters.ldap.lookup import Known, Plan, find
from adapters.ldap.reading import read_objects
from bridge.sdk import ObjectRef, TargetObject


def get(known: Known, ref: ObjectRef) -> Plan[TargetObject | None]:
    rules = known.directory.rules(ref.object_type)
    wanted = translate.read_attributes(rules, known.directory)
    entry = yield from find(known.directory, rules, ref, wanted)
    if entry is None:
        return None
    [found] = yield from read_objects(known, rules, [entry], wanted)
    return found
