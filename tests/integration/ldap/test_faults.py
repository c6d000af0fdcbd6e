"""Faults of the catalogue that are a directory's own, each by its number. The others stand where their subject is."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.ldap import dn
from bridge.sdk import (
    Applied,
    AttributeDelta,
    BridgeError,
    Delete,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Query,
    Rename,
    Unchanged,
    Update,
)
from bridge.sdk.testing.contract import Harness, ObjectSample
from bridge.sdk.testing.contract.harness import by_anchor, by_name, rejected
from tests.support import ldap
from tests.support.ldap_names import name_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import OpenLdapServer

USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)
GROUP = ObjectSample(object_type=ldap.GROUP, name=ldap.group)
UNIT = ObjectType("unit")
CHILDREN = 2_000


def test_fault_38_hard_values_come_back_as_they_were(harness: Harness):
    values = ("a*b(c)d\\e\0f", "# first", "\u202e\U0001f600 right to left", "x" * 1_024, 'a, +"<>;=b')
    ref = harness.create(USER, harness.label(), {"description": values})
    assert set(harness.values(ref, "description")) == set(values)
    for value in values:
        assert isinstance(harness.change(ref, "description", DeltaKind.REMOVE, value), Applied)
    assert harness.values(ref, "description") == ()


def test_fault_39_a_name_that_another_has_is_told_with_its_anchor(harness: Harness):
    ref = harness.create(USER, label := harness.label("a,"))
    other_spelling = replace(USER, name=lambda _: Name(str(ref.name).upper().replace("\\,", "\\2C")))
    outcome = harness.again(harness.creation(other_spelling, label))
    assert rejected(outcome, "already_exists")
    assert getattr(outcome, "anchor", None) == ref.anchor


def test_fault_41_what_others_wrote_between_read_and_write_is_not_lost(
    harness: Harness, openldap_server: OpenLdapServer, opened: Opened
):
    ref = harness.create(USER, harness.label(), {"description": ("ours",)})
    observed = harness.read(ref)
    with opened(ldap.connector(openldap_server)) as others:
        assert isinstance(others.change(ref, "description", DeltaKind.REPLACE, "theirs"), Applied)
    body = Update((AttributeDelta("description", DeltaKind.REPLACE, ("again",)),))
    again = replace(harness.attempt(ref, body), number=2, conditional=True, observed=observed)
    assert rejected(harness.again(again), "precondition")
    assert harness.values(ref, "description") == ("theirs",)


def test_fault_42_a_new_object_of_the_old_name_is_not_deleted(
    harness: Harness, openldap_server: OpenLdapServer, opened: Opened
):
    old = harness.create(USER, label := harness.label())
    with opened(ldap.connector(openldap_server)) as others:
        assert isinstance(others.send(old, Delete()), Applied)
        new = others.create(USER, label)
        assert isinstance(harness.send(old, Delete()), Unchanged)
        assert harness.read(by_name(old)).anchor == new.anchor


def test_fault_44_an_import_that_loses_its_place_ends_with_an_error(harness: Harness):
    harness.export([harness.creation(USER, harness.label()) for _ in range(8)])
    pages = harness.adapter.search(Query(ldap.USER, page_size=1))  # type: ignore[attr-defined]  # it searches
    for _ in range(6):
        assert next(pages)
    # The server keeps the place of a paged search by connection.
    harness.adapter.close()
    harness.adapter.open()
    with pytest.raises(BridgeError):
        list(pages)


def test_fault_50_all_below_a_container_move_with_it(openldap_server: OpenLdapServer, opened: Opened):
    types = {
        **ldap.OBJECT_TYPES,
        "unit": {"structural_class": "organizationalUnit", "naming_attribute": "ou", "base": ldap.PEOPLE},
    }
    with opened(ldap.connector(openldap_server, object_types=types)) as harness:
        unit = harness.create(
            ObjectSample(object_type=UNIT, name=lambda label: Name(name_of("ou", label, ldap.PEOPLE))),
            harness.label("a,"),
        )
        inside = replace(USER, name=lambda label: Name(name_of("uid", label, str(unit.name))))
        batch = [harness.creation(inside, f"né, {number}") for number in range(CHILDREN)]
        outcomes = harness.export(batch)
        new = Name(name_of("ou", harness.label("B+"), ldap.PEOPLE))
        assert isinstance(harness.send(by_anchor(unit), Rename(new)), Applied)
        for number in (0, CHILDREN - 1):
            child = ObjectRef(ldap.USER, getattr(outcomes[batch[number].operation.id], "anchor", None))
            assert harness.values(child, "uid") == (f"né, {number}",)
            wanted = name_of("uid", f"né, {number}", str(new))
            assert dn.key(str(harness.read(child).name)) == dn.key(wanted)
            assert isinstance(harness.change(child, "description", DeltaKind.REPLACE, "found"), Applied)


def test_fault_50_no_rename_to_a_name_that_another_has(harness: Harness):
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    outcome = harness.send(one, Rename(Name(str(two.name).upper())))
    assert rejected(outcome, "already_exists")
    assert getattr(outcome, "anchor", None) == two.anchor


def test_fault_51_groups_that_hold_each_other_are_read_as_they_are(harness: Harness):
    user = harness.create(USER, harness.label())
    one = harness.create(GROUP, harness.label(), {"member": (user,)})
    two = harness.create(GROUP, harness.label(), {"member": (one,)})
    assert isinstance(harness.change(one, "member", DeltaKind.ADD, two, one), Applied)
    assert len(harness.values(one, "member")) == 3
    found = [
        each.anchor
        for page in harness.adapter.search(Query(ldap.GROUP))  # type: ignore[attr-defined]  # it searches
        for each in page
    ]
    assert sorted(found.count(each.anchor) for each in (one, two)) == [1, 1]


def test_fault_54_a_certificate_and_a_photograph_are_the_same_bytes(harness: Harness, tmp_path: Path):
    certificate = tmp_path / "certificate.der"
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -outform DER -keyout"
    subprocess.run(
        ["openssl", *command.split(), str(tmp_path / "key"), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    photograph = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 12_000
    wanted = {"userCertificate": (certificate.read_bytes(),), "jpegPhoto": (photograph,)}
    ref = harness.create(USER, harness.label(), wanted)
    for name, held in wanted.items():
        assert harness.values(ref, name) == held
        # Not every syntax has a rule by which one value could be taken away.
        assert isinstance(harness.change(ref, name, DeltaKind.REPLACE), Applied)
        assert harness.values(ref, name) == ()
