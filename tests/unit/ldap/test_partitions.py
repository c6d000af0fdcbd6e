"""Which naming contexts are in scope, whatever the server says of itself."""

from __future__ import annotations

import pytest

from adapters.ldap.config import LdapConfig
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.partitions import read_partitions

PEOPLE = {"structural_class": "inetOrgPerson", "naming_attribute": "uid", "base": "ou=people,dc=lab,dc=test"}
CONFIG = LdapConfig.model_validate({
    "urls": ["ldaps://lab.test"],
    "bind": {"method": "simple", "dn": "cn=bridge,dc=lab,dc=test", "password": "file:/account"},
    "base": "dc=lab,dc=test",
    "object_types": {"user": PEOPLE},
})  # fmt: skip


def told(contexts: list[bytes]) -> list[str]:
    plan = read_partitions(CONFIG)
    next(plan)
    root = Entry("", {"namingContexts": contexts})
    with pytest.raises(StopIteration) as ended:
        plan.send([Response(code=0, entries=[root])])
    return [each.name for each in ended.value.value]


@pytest.mark.parametrize(
    ("contexts", "in_scope"),
    [
        ([b"dc=lab,dc=test", b"cn=accesslog"], ["dc=lab,dc=test"]),
        ([b"DC=Test"], ["DC=Test"]),
        ([b"dc=lab,dc=test", b"ou=far,dc=lab,dc=test"], ["dc=lab,dc=test", "ou=far,dc=lab,dc=test"]),
        ([b"dc=slab,dc=test", b"no name at all", b"\xff", b""], []),
        ([], []),
    ],
)
def test_a_context_is_in_scope_if_it_holds_the_base_or_lies_below_it(contexts: list[bytes], in_scope: list[str]):
    assert told(contexts) == in_scope
