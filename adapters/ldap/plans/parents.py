"""Makes the containers that a new name lies in, where the configuration says so. Called by `create` and `rename`.

A crash between container and object does no harm: the second attempt finds the container and goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from adapters.ldap import dn, encoding
from adapters.ldap.conditions import present
from adapters.ldap.decoding import Response
from adapters.ldap.directory import TypeRules
from adapters.ldap.encoding import NO_ATTRIBUTES
from adapters.ldap.errors import ALREADY_EXISTS, SUCCESS, result_error
from adapters.ldap.lookup import Plan, by_name, only
from adapters.ldap.type_settings import CreateParents
from bridge.sdk import OperationKind

_UNIT: Final = "ou"


def make_parents(rules: TypeRules, name: str) -> Plan[bool]:
    """Make the units that are missing above the name and below the type's base; whether there are all of them now."""
    if rules.settings.create_parents is CreateParents.NEVER:
        return False
    parents = list(_parents(rules, name))
    if not parents or not all(_is_unit(each) for each in parents):
        return False
    answers = yield [by_name(each, present("objectClass"), NO_ATTRIBUTES) for each in parents]
    missing = [each for each, answer in zip(parents, answers, strict=True) if only(answer, each) is None]
    for parent in reversed(missing):
        [answer] = cast("list[Response]", (yield [_unit(parent)]))
        # Another attempt may need the same unit at the same time.
        if answer.code not in {SUCCESS, ALREADY_EXISTS}:
            raise result_error(answer, OperationKind.CREATE, f"{parent}, a parent of {name}")
    return True


def _parents(rules: TypeRules, name: str) -> Iterator[str]:
    """The containers of the name that lie below the type's base, the nearest first."""
    _, parent = dn.split(name)
    while rules.holds(dn.key(parent)):
        yield parent
        _, parent = dn.split(parent)


def _is_unit(name: str) -> bool:
    return [each.type.lower() for each in dn.rdn_of(name)] == [_UNIT]


def _unit(name: str) -> encoding.Request:
    [naming] = dn.rdn_of(name)
    return encoding.add(name, [("objectClass", [b"organizationalUnit"]), (_UNIT, [naming.value])])
