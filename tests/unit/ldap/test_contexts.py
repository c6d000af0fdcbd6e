"""Which naming contexts a delta import has to look at."""

from __future__ import annotations

import pytest

from adapters.ldap import dn
from adapters.ldap.changes.contexts import contexts_of

NAMES = ("cn=accesslog", "dc=test", "DC=Lab, DC=Test", "ou=People,dc=lab,dc=test", "no name", "")


@pytest.mark.parametrize(
    ("bases", "holding", "below"),
    [
        (["ou=staff,ou=people,dc=lab,dc=test"], {"ou=People,dc=lab,dc=test"}, set()),
        (["ou=groups,dc=lab,dc=test"], {"DC=Lab, DC=Test"}, set()),
        (["dc=lab,dc=test"], {"DC=Lab, DC=Test"}, {"ou=People,dc=lab,dc=test"}),
        (["ou=groups,dc=lab,dc=test", "ou=x,dc=test"], {"DC=Lab, DC=Test", "dc=test"}, set()),
        (["dc=lab,dc=test", "ou=people,dc=lab,dc=test"], {"DC=Lab, DC=Test", "ou=People,dc=lab,dc=test"}, set()),
        (["dc=elsewhere"], set(), set()),
    ],
)
def test_the_nearest_above_each_base_and_those_below(bases: list[str], holding: set[str], below: set[str]):
    found = contexts_of(NAMES, [dn.key(each) for each in bases])
    assert (set(found.holding), set(found.below)) == (holding, below)
