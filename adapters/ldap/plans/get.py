"""Get: one search for one entry."""

from __future__ import annotations

from adapters.ldap import translate
from adapters.ldap.lookup import Known, Plan, find
from bridge.sdk import ObjectRef, TargetObject


def get(known: Known, ref: ObjectRef) -> Plan[TargetObject | None]:
    rules = known.directory.rules(ref.object_type)
    entry = yield from find(known.directory, rules, ref, translate.read_attributes(rules, known.directory))
    return None if entry is None else translate.to_object(known.directory, rules, entry)
