"""Reads the server's own description: the root DSE and the schema. A plan, called by `adapter` at open."""

from __future__ import annotations

from adapters.ldap.conditions import equal, present
from adapters.ldap.lookup import Plan, by_name, only
from adapters.ldap.schema import Description
from adapters.ldap.server_kind import TELLING
from bridge.sdk import ConfigurationError

_SCHEMA = ("attributeTypes", "objectClasses", "dITContentRules")


def read_description() -> Plan[Description]:
    """The root DSE, and the subschema entry with attribute types, classes and content rules (RFC 4512 §4.2)."""
    [answer] = yield [by_name("", present("objectClass"), ("subschemaSubentry", *TELLING))]
    root = only(answer, "the root DSE")
    named = [each for name, each in root.attributes.items() if name.lower() == "subschemasubentry"] if root else []
    if root is None or not named or not named[0]:
        raise ConfigurationError("the root DSE shows no subschemaSubentry; let the account read it")
    where = named[0][0].decode("utf-8", "replace")
    [answer] = yield [by_name(where, equal("objectClass", b"subschema"), _SCHEMA)]
    entry = only(answer, where)
    if entry is None:
        raise ConfigurationError(f"{where} cannot be read; let the account read the schema")
    return Description(root, entry)
