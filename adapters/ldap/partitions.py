"""Which of the server's naming contexts the connector works in (RFC 4512 §5.1). A plan, called by `adapter`."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.ldap import dn
from adapters.ldap.conditions import present
from adapters.ldap.config import LdapConfig
from adapters.ldap.lookup import Plan, by_name, only
from bridge.sdk import Partition


def read_partitions(config: LdapConfig) -> Plan[list[Partition]]:
    """Those that hold a configured base, or lie below one."""
    [answer] = yield [by_name("", present("objectClass"), ("namingContexts",))]
    root = only(answer, "the root DSE")
    held = {name.lower(): contents for name, contents in root.attributes.items()} if root else {}
    names = [context.decode("utf-8", "replace") for context in held.get("namingcontexts", ())]
    return [Partition(name, "naming context") for name in names if name and _in_scope(name, config.bases)]


def _in_scope(context: str, bases: Sequence[str]) -> bool:
    try:
        key = dn.key(context)
    except dn.DnError:
        return False  # the server's own text, which is no name that anything could lie below
    return any(dn.is_under(base, key) or dn.is_under(key, base) for base in map(dn.key, bases))
