"""Kinds of objects: groups of every class, what they refer to and how, units and contacts, several bases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import (
    Applied,
    ConfigurationError,
    Create,
    Delete,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Query,
    Unchanged,
    filters,
)
from bridge.sdk.testing.contract import Harness, ObjectSample
from bridge.sdk.testing.contract.harness import by_anchor, by_name, rejected
from tests.support import active_directory as ad
from tests.support import ldap
from tests.support.ldap_names import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import ActiveDirectoryServer, Ds389Server, OpenLdapServer

ANNEX = "o=annex"
UNIQUE, POSIX, UNIT = ObjectType("unique_group"), ObjectType("posix_group"), ObjectType("unit")
TYPES: dict[str, Any] = {
    "user": {**ldap.OBJECT_TYPES["user"], "base": [ldap.PEOPLE, ANNEX]},
    "group": ldap.OBJECT_TYPES["group"],
    "unique_group": {"structural_class": "groupOfUniqueNames", "naming_attribute": "cn", "base": ldap.GROUPS},
    "posix_group": {
        "structural_class": "posixGroup",
        "naming_attribute": "cn",
        "base": ldap.GROUPS,
        "references": {"memberUid": {"refers_to": "user", "by": "uid"}},
    },
    "unit": {
        "structural_class": "organizationalUnit",
        "auxiliary_classes": ["domainRelatedObject"],
        "naming_attribute": "ou",
        "base": ldap.PEOPLE,
    },
}
USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)
IN_ANNEX = replace(USER, name=lambda label: Name(name_of("uid", label, ANNEX)))


def unique_group(*members: Any) -> ObjectSample:
    return ObjectSample(object_type=UNIQUE, name=ldap.group, attributes=lambda _: {"uniqueMember": members})


def posix_group(*members: Any) -> ObjectSample:
    return ObjectSample(
        object_type=POSIX, name=ldap.group, attributes=lambda _: {"gidNumber": (7,), "memberUid": members}
    )


@pytest.fixture
def harness(openldap_server: OpenLdapServer, opened: Opened) -> Iterator[Harness]:
    changed = {"base": [openldap_server.base_dn, ANNEX], "object_types": TYPES}
    with opened(ldap.connector(openldap_server, **changed)) as harness:
        yield harness


def referred(harness: Harness, ref: ObjectRef, attribute: str) -> set[Any]:
    """The anchors of the objects that the references lead to."""
    return {harness.read(each).anchor for each in harness.values(ref, attribute) if isinstance(each, ObjectRef)}


def anchors(*refs: ObjectRef) -> set[Any]:
    return {each.anchor for each in refs}


def found(harness: Harness, object_type: ObjectType, tree: filters.Filter | None = None) -> set[Any]:
    query = Query(object_type, tree)
    return {each.anchor for page in harness.adapter.search(query) for each in page}  # type: ignore[attr-defined]  # it searches


def test_unique_members(harness: Harness):
    one, two = harness.create(USER, harness.label("a,#")), harness.create(USER, harness.label())
    group = harness.create(unique_group(by_anchor(one)), harness.label())
    assert isinstance(harness.change(group, "uniqueMember", DeltaKind.ADD, by_anchor(two)), Applied)
    assert referred(harness, group, "uniqueMember") == anchors(one, two)
    assert found(harness, UNIQUE, filters.Compare("uniqueMember", filters.Comparison.EQUAL, two)) == {group.anchor}
    assert isinstance(harness.change(group, "uniqueMember", DeltaKind.REMOVE, by_name(one)), Applied)
    assert referred(harness, group, "uniqueMember") == anchors(two)


def test_a_unique_member_that_has_a_uid_is_a_reference_too(harness: Harness, openldap_server: OpenLdapServer):
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    group = harness.create(unique_group(two), harness.label())
    change = f"dn: {group.name}\nchangetype: modify\nadd: uniqueMember\nuniqueMember: {one.name}#'0101'B\n"
    openldap_server.container.run("bash", "-c", f'ldapmodify {_login(openldap_server)} <<< "{change}"')
    assert referred(harness, group, "uniqueMember") == anchors(one, two)
    assert isinstance(harness.change(group, "uniqueMember", DeltaKind.REMOVE, by_anchor(one)), Applied)
    assert referred(harness, group, "uniqueMember") == anchors(two)


def _login(server: OpenLdapServer) -> str:
    return f"-x -H ldap://127.0.0.1 -D {server.admin_dn} -w {server.admin_password}"


def test_members_by_uid_are_references_like_any_other(harness: Harness):
    one, two, three = (harness.create(sample, harness.label()) for sample in (USER, IN_ANNEX, USER))
    group = harness.create(posix_group(by_anchor(one)), harness.label())
    assert referred(harness, group, "memberUid") == anchors(one)
    for _ in range(2):
        outcome = harness.change(group, "memberUid", DeltaKind.ADD, by_anchor(two), by_name(three))
        assert isinstance(outcome, Applied | Unchanged)
        assert referred(harness, group, "memberUid") == anchors(one, two, three)
    assert found(harness, POSIX, filters.Compare("memberUid", filters.Comparison.EQUAL, by_anchor(two))) == {
        group.anchor
    }
    assert isinstance(harness.change(group, "memberUid", DeltaKind.REMOVE, by_anchor(one), by_anchor(two)), Applied)
    assert referred(harness, group, "memberUid") == anchors(three)
    assert isinstance(harness.change(group, "memberUid", DeltaKind.REPLACE), Applied)
    assert not harness.values(group, "memberUid")


def test_a_uid_of_nobody_is_shown_as_text_and_goes_by_its_old_name(harness: Harness):
    gone, other = harness.create(USER, harness.label("x+")), harness.create(USER, harness.label())
    group = harness.create(posix_group(gone, other), harness.label())
    assert isinstance(harness.send(gone, Delete()), Applied)
    assert {type(each) for each in harness.values(group, "memberUid")} == {str, ObjectRef}
    assert isinstance(harness.change(group, "memberUid", DeltaKind.REMOVE, by_name(gone)), Applied)
    assert referred(harness, group, "memberUid") == anchors(other)
    assert len(harness.values(group, "memberUid")) == 1


def test_a_reference_by_value_waits_for_its_object_and_takes_no_other_type(harness: Harness):
    group = harness.create(posix_group(), harness.label())
    absent = ObjectRef(ldap.USER, name=ldap.user(harness.label()))
    outcome = harness.change(group, "memberUid", DeltaKind.ADD, absent)
    assert outcome.failure.code == "not_ready"  # type: ignore[union-attr]  # told by the next line otherwise
    assert rejected(harness.change(group, "memberUid", DeltaKind.ADD, group), "invalid_value")
    assert rejected(harness.change(group, "memberUid", DeltaKind.ADD, "jo"), "invalid_value")


def test_an_object_with_several_uids_is_meant_by_that_in_its_name(harness: Harness):
    user = harness.create(USER, label := harness.label(), {"uid": (label, "0" + label)})
    group = harness.create(posix_group(by_anchor(user)), harness.label())
    assert referred(harness, group, "memberUid") == anchors(user)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"refers_to": "nobody", "by": "uid"}, "no object type nobody"),
        ({"refers_to": "user", "by": "nothing"}, "no attribute nothing"),
        ({"refers_to": "unit", "by": "uid"}, "unit has no attribute uid"),
    ],
)
def test_a_stored_reference_that_cannot_be_is_told(
    openldap_server: OpenLdapServer, opened: Opened, stored: dict[str, str], said: str
):
    types = {**TYPES, "posix_group": {**TYPES["posix_group"], "references": {"memberUid": stored}}}
    connector = ldap.connector(openldap_server, base=[openldap_server.base_dn, ANNEX], object_types=types)
    with pytest.raises(ConfigurationError, match=said), opened(connector):
        pass


def test_units_with_auxiliary_classes(harness: Harness):
    sample = ObjectSample(
        object_type=UNIT,
        name=lambda label: Name(name_of("ou", label, ldap.PEOPLE)),
        attributes=lambda _: {"associatedDomain": ("lab.test",)},
    )
    unit = harness.create(sample, harness.label())
    user = harness.create(replace(USER, name=lambda label: Name(name_of("uid", label, str(unit.name)))), "x")
    assert harness.values(unit, "associatedDomain") == ("lab.test",)
    assert rejected(harness.send(unit, Delete()), "precondition"), "it has entries below it"
    assert isinstance(harness.send(user, Delete()), Applied)
    assert isinstance(harness.send(unit, Delete()), Applied)


def test_objects_of_one_type_in_two_partitions(harness: Harness):
    here, there = harness.create(USER, harness.label()), harness.create(IN_ANNEX, harness.label())
    assert {each.name for each in harness.adapter.partitions()} == {"dc=lab,dc=test", ANNEX}  # type: ignore[attr-defined]  # it has partitions
    assert {here.anchor, there.anchor} <= found(harness, ldap.USER)
    for ref in (here, there):
        assert harness.read(by_anchor(ref)).name == ref.name
        assert isinstance(harness.change(by_anchor(ref), "description", DeltaKind.REPLACE, "x"), Applied)
    group = harness.create(unique_group(by_anchor(here), by_anchor(there)), harness.label())
    assert referred(harness, group, "uniqueMember") == anchors(here, there)
    outside = ObjectRef(ldap.USER, name=ldap.group("x"))
    assert rejected(harness.send(outside, Create(ldap.posix("x"))), "invalid_value")
    assert any(ANNEX in line for line in harness.adapter.test())


def test_groups_of_active_directory(active_directory_server: ActiveDirectoryServer, opened: Opened):
    """Each kind of group: global, domain local, universal, for security and for distribution; one within another."""
    with opened(ad.connector(active_directory_server)) as harness:
        made = []
        for kind in (-2147483646, -2147483644, -2147483640, 2, 4, 8):
            name = harness.label()
            sample = ObjectSample(object_type=ad.GROUP, name=ad.group)
            ref = harness.create(sample, name, {"groupType": (kind,), "sAMAccountName": (f"g-{name}",)})
            assert harness.values(ref, "groupType") == (kind,)
            assert harness.values(ref, "sAMAccountName") == (f"g-{name}",)
            made.append(ref)
        assert isinstance(harness.change(made[1], "member", DeltaKind.ADD, by_anchor(made[0])), Applied)
        assert isinstance(harness.change(made[0], "groupType", DeltaKind.REPLACE, -2147483640), Applied)
        taken = harness.again(
            harness.creation(sample, harness.label(), {"sAMAccountName": harness.values(made[0], "sAMAccountName")})
        )
        assert rejected(taken, "already_exists"), taken


def test_contacts_and_units_of_active_directory(active_directory_server: ActiveDirectoryServer, opened: Opened):
    types = {
        **ad.OBJECT_TYPES,
        "contact": {"structural_class": "contact", "naming_attribute": "cn", "base": ad.FORMER},
        "unit": {"structural_class": "organizationalUnit", "naming_attribute": "ou", "base": ad.FORMER},
    }
    with opened(ad.connector(active_directory_server, object_types=types)) as harness:
        unit = harness.create(
            ObjectSample(object_type=UNIT, name=lambda label: Name(name_of("OU", label, ad.FORMER))),
            harness.label(),
        )
        contact = ObjectSample(
            object_type=ObjectType("contact"), name=lambda label: Name(name_of("CN", label, str(unit.name)))
        )
        ref = harness.create(contact, harness.label(), {"mail": ("c@lab.test",)})
        group = harness.create(
            ObjectSample(object_type=ad.GROUP, name=ad.group), harness.label(), {"member": (by_anchor(ref),)}
        )
        assert referred(harness, group, "member") == anchors(ref)


def test_unique_groups_of_389(ds389_server: Ds389Server, opened: Opened):
    user_type = {**ldap.OBJECT_TYPES["user"], "naming_attribute": "cn"}
    del user_type["enabled"]
    types = {**TYPES, "user": user_type}
    del types["unit"]
    person = ObjectSample(object_type=ldap.USER, name=ldap.person, attributes=ldap.posix_person)
    with opened(ldap.ds389(ds389_server, object_types=types)) as harness:
        one, two = harness.create(person, harness.label()), harness.create(person, harness.label())
        unique, posix = harness.create(unique_group(), harness.label()), harness.create(posix_group(), harness.label())
        for group, attribute in ((unique, "uniqueMember"), (posix, "memberUid")):
            assert isinstance(harness.change(group, attribute, DeltaKind.ADD, by_anchor(one), two), Applied)
            assert referred(harness, group, attribute) == anchors(one, two)
            assert isinstance(harness.change(group, attribute, DeltaKind.REMOVE, by_anchor(one), two), Applied)
            assert not harness.values(group, attribute)
