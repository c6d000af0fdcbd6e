"""Reads the server's own description: where its schema is, and the schema. A plan, called by `adapter` at open."""

from __future__ import annotations

from adapters.ldap.conditions import equal, present
from adapters.ldap.decoding import Entry
from adapters.ldap.lookup import Plan, by_name, only
from bridge.sdk import ConfigurationError


def read_subschema() -> Plan[Entry]:
    """The subschema entry with all attribute types and object classes (RFC 4512 §4.2)."""
    [answer] = yield [by_name("", present("objectClass"), ("subschemaSubentry",))]
    root = only(answer, "the root DSE")
    named = [each for name, each in root.attributes.items() if name.lower() == "subschemasubentry"] if root else []
    if not named or not named[0]:
        raise ConfigurationError("the root DSE shows no subschemaSubentry; let the account read it")
    where = named[0][0].decode("utf-8", "replace")
    [answer] = yield [by_name(where, equal("objectClass", b"subschema"), ("attributeTypes", "objectClasses"))]
    entry = only(answer, where)
    if entry is None:
        raise ConfigurationError(f"{where} cannot be read; let the account read the schema")
    return entry
