"""Renames and moves: groups hold the new name whether the server sees to that or not, and missing units are made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from adapters.ldap import dn
from bridge.sdk import Applied, Attempt, Deferred, DeltaKind, Name, ObjectRef, ObjectType, Rename, Unchanged
from bridge.sdk.testing.contract import Harness, ObjectSample
from bridge.sdk.testing.contract.harness import by_anchor, by_name, rejected
from tests.support import active_directory as ad
from tests.support import containers, ldap
from tests.support.ldap_names import escape, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import ActiveDirectoryServer, OpenLdapServer

POSIX = ObjectType("posix_group")
TYPES: dict[str, Any] = {
    **ldap.OBJECT_TYPES,
    "posix_group": {
        "structural_class": "posixGroup",
        "naming_attribute": "cn",
        "base": ldap.GROUPS,
        "references": {"memberUid": {"refers_to": "user", "by": "uid"}},
    },
}
USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)
GROUPS = 3
MANY = 130


@pytest.fixture(scope="module")
def plain(container_engine: str) -> Iterator[OpenLdapServer]:
    """A server that leaves references as they are."""
    with containers.openldap(dbnosync=True, refint=False) as server:
        yield server


@pytest.fixture
def harness(plain: OpenLdapServer, opened: Opened) -> Iterator[Harness]:
    with opened(ldap.connector(plain, object_types=TYPES)) as harness:
        yield harness


def groups_of(harness: Harness, *members: ObjectRef) -> list[tuple[ObjectRef, str]]:
    """Groups by DN and by uid, with the attribute that holds the members."""
    by_dn = ObjectSample(object_type=ldap.GROUP, name=ldap.group, attributes=lambda _: {"member": members})
    by_uid = ObjectSample(
        object_type=POSIX, name=ldap.group, attributes=lambda _: {"gidNumber": (7,), "memberUid": members}
    )
    made = [(harness.create(by_dn, harness.label()), "member") for _ in range(GROUPS)]
    return [*made, *((harness.create(by_uid, harness.label()), "memberUid") for _ in range(GROUPS))]


def names(harness: Harness, group: ObjectRef, attribute: str) -> set[Name | None]:
    return {each.name for each in harness.values(group, attribute) if isinstance(each, ObjectRef)}


def test_groups_follow_a_rename_where_the_server_does_not_care(harness: Harness):
    one, two = harness.create(USER, harness.label("n,+")), harness.create(USER, harness.label())
    groups = groups_of(harness, one, two)
    new = ldap.user(harness.label("x"))
    assert isinstance(harness.send(by_anchor(one), Rename(new)), Applied)
    for group, attribute in groups:
        assert len(harness.values(group, attribute)) == 2
        assert names(harness, group, attribute) == {new, two.name}


def test_groups_follow_a_move(harness: Harness, plain: OpenLdapServer, opened: Opened):
    new = Name(f"uid={harness.label()},ou={harness.label()},{ldap.PEOPLE}")
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    groups = groups_of(harness, one, two)
    assert isinstance(harness.send(one, Rename(new)), Deferred), "units are not made unless that is configured"
    types = {**TYPES, "user": {**TYPES["user"], "create_parents": "organizational_units"}}
    with opened(ldap.connector(plain, object_types=types)) as makes_units:
        assert isinstance(makes_units.send(one, Rename(new)), Applied)
    for group, attribute in groups:
        assert names(harness, group, attribute) == {new, two.name}


def test_groups_follow_many_renames_at_once(harness: Harness):
    """More than one search asks about: members in common, one that is in other groups too, one that is in none."""
    people = [harness.create(USER, harness.label("n,+")) for _ in range(MANY)]
    together, alone = groups_of(harness, *people), groups_of(harness, people[0])
    *renamed, stays = people
    new = {each: ldap.user(harness.label()) for each in [*renamed, harness.create(USER, harness.label())]}
    outcomes = harness.export([harness.attempt(each, Rename(name)) for each, name in new.items()])
    assert all(isinstance(each, Applied) for each in outcomes.values()), outcomes
    for group, attribute in together:
        held = {dn.key(each or "") for each in names(harness, group, attribute)}
        assert held == {dn.key(stays.name or ""), *(dn.key(new[each]) for each in renamed)}
    assert [names(harness, group, attribute) for group, attribute in alone] == [{new[people[0]]}] * len(alone)


def test_a_group_that_cannot_follow_at_once_follows_one_by_one(harness: Harness, plain: OpenLdapServer):
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    new = {each: ldap.user(harness.label()) for each in (one, two)}
    [(group, _), *_] = groups_of(harness, one, two)
    _add_member(plain, group, new[one])
    outcomes = harness.export([harness.attempt(each, Rename(name)) for each, name in new.items()])
    assert all(isinstance(each, Applied) for each in outcomes.values()), outcomes
    assert names(harness, group, "member") == set(new.values())


def test_one_takes_the_name_that_another_leaves(harness: Harness):
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    (both, _), (alone, _) = groups_of(harness, one, two)[0], groups_of(harness, two)[0]
    free = ldap.user(harness.label())
    left = Name(str(one.name))
    outcomes = harness.export([harness.attempt(one, Rename(free)), harness.attempt(two, Rename(left))])
    assert all(isinstance(each, Applied) for each in outcomes.values()), outcomes
    assert names(harness, alone, "member") == {left}
    assert names(harness, both, "member") == {left, free}


def _add_member(server: OpenLdapServer, group: ObjectRef, name: Name) -> None:
    login = f"-x -H ldap://127.0.0.1 -D {server.admin_dn} -w {server.admin_password}"
    change = f"dn: {group.name}\nchangetype: modify\nadd: member\nmember: {name}\n"
    server.container.run("bash", "-c", f'ldapmodify {login} <<< "{change}"')


def _rename_elsewhere(server: OpenLdapServer, ref: ObjectRef, new: Name) -> None:
    """As an attempt does that is cut off before the groups are corrected."""
    rdn, _ = dn.split(new)
    login = ("-x", "-H", "ldap://127.0.0.1", "-D", server.admin_dn, "-w", server.admin_password)
    server.container.run("ldapmodrdn", *login, "-r", str(ref.name), rdn)


@pytest.mark.parametrize("address", [by_name, lambda ref: ref])
def test_fault_40_an_attempt_after_doubt_corrects_the_groups(harness: Harness, plain: OpenLdapServer, address: Any):
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    groups = groups_of(harness, one, two)
    new = ldap.user(harness.label())
    _rename_elsewhere(plain, one, new)
    assert names(harness, groups[0][0], "member") == {one.name, two.name}
    again = _again(harness, harness.attempt(address(one), Rename(new)), one)
    assert isinstance(harness.again(again), Unchanged)
    for group, attribute in groups:
        assert names(harness, group, attribute) == {new, two.name}


def _again(harness: Harness, attempt: Attempt, ref: ObjectRef) -> Attempt:
    return replace(attempt, number=2, conditional=True, observed=harness.read(by_anchor(ref)))


def test_references_to_another_object_of_the_old_name_stay(harness: Harness, plain: OpenLdapServer):
    one = harness.create(USER, label := harness.label())
    new = ldap.user(harness.label())
    _rename_elsewhere(plain, one, new)
    usurper = harness.create(USER, label)
    groups = groups_of(harness, usurper)
    assert isinstance(harness.again(_again(harness, harness.attempt(one, Rename(new)), one)), Unchanged)
    for group, attribute in groups:
        assert names(harness, group, attribute) == {usurper.name}


def test_a_group_that_holds_both_names_loses_the_old_one(harness: Harness, plain: OpenLdapServer):
    one = harness.create(USER, harness.label())
    new = ldap.user(harness.label())
    [(group, _), *_] = groups_of(harness, one)
    _add_member(plain, group, new)
    assert isinstance(harness.send(one, Rename(new)), Applied)
    assert names(harness, group, "member") == {new}


def test_protected_groups_are_left_alone(harness: Harness, plain: OpenLdapServer, opened: Opened):
    one = harness.create(USER, harness.label())
    [(vip, _), (buried, _), (other, _), *_] = groups_of(harness, one)
    assert isinstance(harness.change(vip, "description", DeltaKind.REPLACE, "vip"), Applied)
    new = ldap.user(harness.label())
    protected = {"filters": ["(description=vip)"], "dns": [str(buried.name)]}
    with opened(ldap.connector(plain, object_types=TYPES, protected=protected)) as guarded:
        assert isinstance(guarded.send(one, Rename(new)), Applied)
    assert [names(harness, each, "member") for each in (vip, buried, other)] == [{one.name}, {one.name}, {new}]


def test_more_groups_than_one_page_follow(harness: Harness):
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    sample = ObjectSample(object_type=ldap.GROUP, name=ldap.group, attributes=lambda _: {"member": (one, two)})
    made = harness.export([harness.creation(sample, harness.label()) for _ in range(1_100)])
    new = ldap.user(harness.label())
    assert isinstance(harness.send(one, Rename(new)), Applied)
    for outcome in list(made.values())[::100]:
        assert names(harness, ObjectRef(ldap.GROUP, outcome.anchor), "member") == {new, two.name}  # type: ignore[union-attr]  # applied


def test_what_is_not_listed_is_left_to_the_server(plain: OpenLdapServer, opened: Opened):
    types = {**TYPES, "group": {**TYPES["group"], "repaired_references": []}}
    with opened(ldap.connector(plain, object_types=types)) as harness:
        one = harness.create(USER, harness.label())
        [(group, _), *_] = groups_of(harness, one)
        assert isinstance(harness.send(one, Rename(ldap.user(harness.label()))), Applied)
        assert names(harness, group, "member") == {one.name}


@pytest.fixture
def makes_units(openldap_server: OpenLdapServer, opened: Opened) -> Iterator[Harness]:
    user = {**ldap.OBJECT_TYPES["user"], "create_parents": "organizational_units"}
    types = {**ldap.OBJECT_TYPES, "user": user, "unit": UNIT}
    with opened(ldap.connector(openldap_server, object_types=types)) as harness:
        yield harness


UNIT = {"structural_class": "organizationalUnit", "naming_attribute": "ou", "base": ldap.PEOPLE}


def _at(name: Name) -> ObjectSample:
    return replace(USER, name=lambda _: name)


def _units(harness: Harness, *names: str) -> None:
    """They are there; deleted after what is in them."""
    refs = [harness.read(ObjectRef(ObjectType("unit"), name=Name(each))).ref for each in names]
    harness.made[:0] = refs


def test_missing_units_are_made_for_many_at_once(makes_units: Harness):
    top = f"ou={escape(makes_units.label('a, +'))},{ldap.PEOPLE}"
    inner = f"OU=b,{top}"
    batch = [makes_units.creation(_at(Name(name_of("uid", makes_units.label(), inner))), "x") for _ in range(20)]
    outcomes = makes_units.export(batch)
    assert all(isinstance(each, Applied) for each in outcomes.values()), outcomes
    _units(makes_units, top, inner)


def test_missing_units_are_made_for_a_move(makes_units: Harness):
    unit = f"ou={makes_units.label()},{ldap.PEOPLE}"
    user = makes_units.create(USER, label := makes_units.label())
    new = Name(name_of("uid", label, unit))
    assert isinstance(makes_units.send(by_anchor(user), Rename(new)), Applied)
    assert makes_units.read(by_anchor(user)).name == new
    _units(makes_units, unit)


def test_what_a_crash_left_between_unit_and_object_is_gone_on_with(makes_units: Harness):
    unit = Name(f"ou={makes_units.label()},{ldap.PEOPLE}")
    made = makes_units.create(ObjectSample(object_type=ObjectType("unit"), name=lambda _: unit), makes_units.label())
    creation = makes_units.creation(_at(Name(f"uid=x,ou=inner,{unit}")), "x")
    assert isinstance(makes_units.again(replace(creation, number=2, conditional=True)), Applied)
    assert makes_units.read(made).name == unit
    _units(makes_units, f"ou=inner,{unit}")


@pytest.mark.parametrize("parent", [f"cn=absent,{ldap.PEOPLE}", f"ou=a+l=b,{ldap.PEOPLE}"])
def test_other_containers_than_units_are_waited_for(makes_units: Harness, parent: str):
    outcome = makes_units.again(makes_units.creation(_at(Name(f"uid=x,{parent}")), "x"))
    assert isinstance(outcome, Deferred)
    assert outcome.waits_for is not None
    assert outcome.waits_for.name == parent


def test_nothing_is_made_outside_the_base(makes_units: Harness):
    outside = makes_units.creation(_at(Name("uid=x,ou=absent,dc=lab,dc=test")), "x")
    assert rejected(makes_units.again(outside), "invalid_value")


def test_missing_units_of_active_directory(active_directory_server: ActiveDirectoryServer, opened: Opened):
    types = {
        "user": {**ad.OBJECT_TYPES["user"], "create_parents": "organizational_units"},
        "unit": {"structural_class": "organizationalUnit", "naming_attribute": "ou", "base": ad.PEOPLE},
    }
    with opened(ad.connector(active_directory_server, object_types=types)) as harness:
        unit = f"OU={harness.label()},{ad.PEOPLE}"
        inner = f"OU=inner,{unit}"
        sample = ObjectSample(object_type=ad.USER, name=lambda label: Name(name_of("CN", label, inner)))
        user = harness.create(sample, harness.label())
        _units(harness, unit, inner)
        moved = Name(name_of("CN", harness.label(), f"OU=other,{unit}"))
        assert isinstance(harness.send(by_anchor(user), Rename(moved)), Applied)
        _units(harness, unit, f"OU=other,{unit}", inner)
