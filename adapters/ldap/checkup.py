"""The thorough test of a connector: what a person wants to see working. A plan, called by `adapter.test`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.ldap import conditions, encoding
from adapters.ldap.directory import TypeRules
from adapters.ldap.encoding import NO_ATTRIBUTES, Scope, search
from adapters.ldap.errors import SIZE_LIMIT_EXCEEDED, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, by_name, is_type, no_base, only
from bridge.sdk import ConfigurationError


def check(known: Known) -> Plan[list[str]]:
    """One line for each thing that works; the error of the first that does not."""
    wanted = ("supportedControl", "supportedExtension")
    [answer] = yield [by_name("", conditions.present("objectClass"), wanted)]
    root = only(answer, "the root DSE")
    held = {name.lower(): contents for name, contents in root.attributes.items()} if root else {}
    kind = known.directory.kind
    found = [
        f"the server is {kind.name}",
        *_offered(held.get("supportedcontrol", ()), kind.controls),
        *_offered(held.get("supportedextension", ()), kind.extensions),
    ]
    for rules in known.directory.types.values():
        for base in rules.settings.bases:
            line = yield from _base(rules, base)
            found.append(line)
    return found


def _offered(contents: Sequence[bytes], needed: Mapping[str, str]) -> list[str]:
    for oid, meaning in needed.items():
        if oid.encode() not in contents:
            raise ConfigurationError(f"the server does not offer {meaning}, which the adapter needs")
    return [f"the server offers {meaning}" for meaning in needed.values()]


def _base(rules: TypeRules, base: str) -> Plan[str]:
    here = search(base, Scope.BASE, conditions.present("objectClass"), NO_ATTRIBUTES, limit=1)
    # Not every server keeps to a size limit; all keep to a page.
    below = search(base, Scope.SUBTREE, is_type(rules), NO_ATTRIBUTES, encoding.paged(1, b""), limit=1)
    there, some = yield [here, below]
    if not there.entries:
        raise no_base(rules, base)
    if some.code not in {SUCCESS, SIZE_LIMIT_EXCEEDED}:
        raise result_error(some, None, base)
    return f"{base} is readable and holds {'objects' if some.entries else 'no object'} of type {rules.name}"
