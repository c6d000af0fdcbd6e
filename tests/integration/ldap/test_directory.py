"""What is particular to a directory: names that are places, references that are names, overlays that follow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.ldap.directory import OUT_OF_SCOPE
from bridge.sdk import (
    Anchor,
    Applied,
    Attempt,
    AttributeDelta,
    AttributeType,
    Create,
    Deferred,
    Delete,
    DeltaKind,
    Failure,
    Name,
    ObjectRef,
    Query,
    Rejected,
    Rename,
    Secret,
    SetPassword,
    Unchanged,
    UnsupportedError,
    Update,
    filters,
)
from bridge.sdk.testing.contract import Harness, ObjectSample
from bridge.sdk.testing.contract.harness import by_name, rejected
from tests.support import containers, ldap
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import OpenLdapServer

USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)
ON, OFF = (True,), (False,)
FORMER = "ou=former,ou=people,dc=lab,dc=test"


def by_anchor(ref: ObjectRef) -> ObjectRef:
    return ObjectRef(ref.object_type, ref.anchor)


def group_of(*members: ObjectRef) -> ObjectSample:
    return ObjectSample(object_type=ldap.GROUP, name=ldap.group, attributes=lambda _: {"member": members})


def member_names(harness: Harness, group: ObjectRef) -> set[str]:
    return {str(each.name) for each in harness.values(group, "member") if isinstance(each, ObjectRef)}


def test_enabled_is_kept_where_the_configuration_says(harness: Harness):
    ref = harness.create(USER, harness.label(), {"enabled": (False,)})
    assert harness.values(ref, "enabled") == (False,)
    assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *ON), Applied)
    assert harness.values(ref, "enabled") == (True,)
    assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *OFF), Applied)
    search = harness.adapter.search(  # type: ignore[attr-defined]  # the harness knows it as any adapter
        Query(ldap.USER, filters.Compare("enabled", filters.Comparison.EQUAL, *OFF))
    )
    assert ref.anchor in {each.anchor for page in search for each in page}


def test_a_member_follows_when_it_is_renamed(harness: Harness):
    user = harness.create(USER, harness.label("né, +"))
    group = harness.create(group_of(by_anchor(user)), harness.label())
    new_name = ldap.user(harness.label("#"))
    assert isinstance(harness.send(user, Rename(new_name)), Applied)
    other = harness.create(USER, harness.label())
    assert isinstance(harness.change(group, "member", DeltaKind.ADD, by_anchor(user), by_anchor(other)), Applied)
    wanted = {harness.read(ref).anchor for ref in (user, other)}

    def members() -> set[Anchor | None]:
        found = (harness.find(each) for each in harness.values(group, "member") if isinstance(each, ObjectRef))
        return {each and each.anchor for each in found}

    # The refint overlay follows a rename in a task of its own, a moment after its answer (slapo-refint).
    wait_until(lambda: members() == wanted, "reference that follows the rename")


def test_a_member_named_twice_in_two_ways_is_one(harness: Harness):
    user = harness.create(USER, harness.label())
    by_name = ObjectRef(ldap.USER, name=Name(str(user.name).upper()))
    group = harness.create(group_of(by_anchor(user), by_name), harness.label())
    assert len(member_names(harness, group)) == 1


def test_a_request_that_the_server_would_hang_up_on_sinks_no_other(harness: Harness):
    big = harness.creation(USER, harness.label(), {"audio": (b"x" * 4_200_000,)})
    just = harness.creation(USER, harness.label(), {"audio": (b"x" * 4_190_000,)})
    outcomes = harness.export([harness.creation(USER, harness.label()), big, just])
    refused = outcomes.pop(big.operation.id)  # type: ignore[attr-defined]  # the adapter gives a dictionary
    assert isinstance(refused, Rejected)
    assert "max_request_bytes" in refused.failure.message
    assert all(isinstance(each, Applied) for each in outcomes.values())
    assert harness.values(just.operation.target, "audio") == (b"x" * 4_190_000,)


def test_an_attribute_given_by_two_of_its_names_is_refused(harness: Harness):
    outcome = harness.again(harness.creation(USER, harness.label(), {"commonName": ("other",)}))
    assert isinstance(outcome, Rejected)
    assert outcome.failure.code == "invalid_value"


def test_a_reference_in_place_of_a_text_is_refused(harness: Harness):
    user = harness.create(USER, harness.label())
    outcome = harness.change(user, "description", DeltaKind.REPLACE, by_anchor(user))
    assert isinstance(outcome, Rejected)
    assert outcome.failure.attributes == ("description",)


def test_the_last_member_of_a_group_stays_with_a_clear_error(harness: Harness):
    user = harness.create(USER, harness.label())
    group = harness.create(group_of(by_anchor(user)), harness.label())
    outcome = harness.change(group, "member", DeltaKind.REMOVE, by_anchor(user))
    assert isinstance(outcome, Rejected)
    assert (outcome.failure.code, outcome.failure.attributes) == ("invalid_value", ("member",))
    assert len(member_names(harness, group)) == 1


def test_a_reference_outside_every_object_type_can_be_read_and_written(harness: Harness):
    elsewhere = ObjectRef(ldap.USER, name=Name("ou=policies,dc=lab,dc=test"))
    ref = harness.create(USER, harness.label(), {"seeAlso": (elsewhere,)})
    [read] = harness.values(ref, "seeAlso")
    assert read == ObjectRef(OUT_OF_SCOPE, name=elsewhere.name)
    assert isinstance(harness.change(ref, "seeAlso", DeltaKind.REPLACE, read), Applied)


def test_a_missing_parent_is_waited_for(harness: Harness):
    name = Name(f"uid=x,ou=absent,{ldap.PEOPLE}")
    sample = replace(USER, name=lambda _: name)
    outcome = harness.again(harness.creation(sample, "x"))
    assert isinstance(outcome, Deferred)
    assert outcome.failure.code == "not_ready"
    assert outcome.waits_for is not None
    assert outcome.waits_for.name == f"ou=absent,{ldap.PEOPLE}"
    moved = harness.send(harness.create(USER, harness.label()), Rename(name))
    assert isinstance(moved, Deferred)
    assert moved.failure.code == "not_ready"


def test_an_object_moves(harness: Harness, former: str):
    user = harness.create(USER, harness.label())
    group = harness.create(group_of(by_anchor(user)), harness.label())
    new_name = Name(f"uid={harness.label()},{former}")
    assert isinstance(harness.send(by_anchor(user), Rename(new_name)), Applied)
    assert harness.read(by_anchor(user)).name == new_name
    assert harness.read(group).anchor == group.anchor


def test_a_name_that_differs_in_case_only_is_given(harness: Harness):
    user = harness.create(USER, f"a{harness.label()}")
    loud = Name(str(user.name).replace("uid=a", "uid=A"))
    assert isinstance(harness.send(by_anchor(user), Rename(loud)), Applied)
    assert harness.read(by_anchor(user)).name == loud


def test_a_rename_that_took_effect_is_unchanged_the_second_time(harness: Harness):
    user = harness.create(USER, harness.label())
    new_name = ldap.user(harness.label())
    assert isinstance(harness.send(user, Rename(new_name)), Applied)
    assert isinstance(harness.send(user, Rename(new_name)), Unchanged)


def test_an_object_that_others_moved_is_found_by_its_anchor(
    harness: Harness, openldap_server: OpenLdapServer, opened: Opened
):
    user = harness.create(USER, harness.label())
    with opened(ldap.connector(openldap_server)) as others:
        assert isinstance(others.send(user, Rename(ldap.user(others.label()))), Applied)
        usurper = others.adapter.export([others.creation(replace(USER, name=lambda _: user.name), "usurper")])
        assert isinstance(next(iter(usurper.values())), Applied)
    assert isinstance(harness.change(user, "description", DeltaKind.REPLACE, "ours"), Applied)
    assert harness.values(by_anchor(user), "description") == ("ours",)
    assert not harness.values(ObjectRef(ldap.USER, name=user.name), "description")
    harness.send(ObjectRef(ldap.USER, name=user.name), Delete())


def test_an_object_outside_its_base_is_refused_before_anything_is_sent(harness: Harness):
    for body in (Delete(), Rename(ldap.user("x"))):
        outcome = harness.send(ObjectRef(ldap.USER, name=Name("ou=policies,dc=lab,dc=test")), body)
        assert isinstance(outcome, Rejected)
        assert outcome.failure.code == "invalid_value"


def test_an_object_of_another_type_is_not_meant(harness: Harness):
    user = harness.create(USER, harness.label())
    assert isinstance(harness.send(ObjectRef(ldap.GROUP, user.anchor), Delete()), Unchanged)
    assert harness.read(user)


def test_a_container_with_entries_is_not_deleted(harness: Harness, former: str):
    user = harness.create(USER, harness.label())
    below = Name(f"uid=below,{user.name}")
    inner = harness.create(replace(USER, name=lambda _: below), harness.label())
    outcome = harness.send(user, Delete())
    assert isinstance(outcome, Rejected)
    assert outcome.failure.code == "precondition"
    assert harness.read(inner)


def test_a_unique_value_taken_by_another_is_a_taken_name(harness: Harness):
    mail = f"{harness.label()}@lab.test"
    harness.create(USER, harness.label(), {"mail": (mail,)})
    outcome = harness.again(harness.creation(USER, harness.label(), {"mail": (mail,)}))
    assert isinstance(outcome, Rejected)
    assert outcome.failure.code == "already_exists", outcome


def test_an_update_of_a_unique_attribute_after_doubt(harness: Harness):
    user = harness.create(USER, harness.label())
    mail = f"{harness.label()}@lab.test"
    attempt = harness.attempt(user, Update((AttributeDelta("mail", DeltaKind.REPLACE, (mail,)),)))
    again = replace(attempt, number=2, conditional=True, observed=harness.read(user))
    assert isinstance(harness.again(again), Applied)
    stale = harness.again(replace(again, number=3))
    assert isinstance(stale, Rejected)
    assert stale.failure.code == "precondition"


@pytest.mark.parametrize("body", [Delete(), Rename(ldap.user("never"))])
def test_after_doubt_a_changed_object_is_left_alone(harness: Harness, body: Delete | Rename):
    user = harness.create(USER, harness.label())
    observed = harness.read(user)
    harness.change(user, "description", DeltaKind.REPLACE, "theirs")
    outcome = harness.again(replace(harness.attempt(user, body), number=2, conditional=True, observed=observed))
    assert isinstance(outcome, Rejected)
    assert outcome.failure.code == "precondition"
    assert harness.read(user).name == user.name


def test_the_reason_of_a_refused_password_is_told_and_the_password_is_not(harness: Harness):
    user = harness.create(USER, harness.label())
    assert isinstance(harness.send(user, SetPassword(Secret("correct horse"))), Applied)
    assert isinstance(harness.send(user, SetPassword(Secret("battery staple"))), Applied)
    for text, reason in (("sh0rt", "too short"), ("correct horse", "used before"), ("", "empty")):
        outcome = harness.send(user, SetPassword(Secret(text)))
        assert isinstance(outcome, Rejected)
        assert outcome.failure.code == "password_rejected"
        assert not text or text not in outcome.failure.message
        assert reason in outcome.failure.message


def test_a_password_that_is_set_already_is_unchanged(harness: Harness):
    user = harness.create(USER, harness.label())
    attempt = harness.attempt(user, SetPassword(Secret("correct horse")))
    assert isinstance(harness.again(attempt), Applied)
    assert isinstance(harness.again(replace(attempt, number=2)), Unchanged)


def test_more_objects_than_the_servers_limit_are_all_imported(harness: Harness):
    batch = [harness.creation(USER, harness.label()) for _ in range(620)]
    made = {getattr(each, "anchor", None) for each in harness.export(batch).values()}
    pages = list(harness.adapter.search(Query(ldap.USER, page_size=250)))  # type: ignore[attr-defined]  # as above
    assert made <= {each.anchor for page in pages for each in page}
    assert all(len(page) <= 250 for page in pages)


def test_an_account_without_rights(harness: Harness, openldap_server: OpenLdapServer, opened: Opened):
    user = harness.create(USER, harness.label())
    assert isinstance(harness.send(user, SetPassword(Secret(ldap.ACCOUNT_PASSWORD))), Applied)
    bind = {"method": "simple", "dn": str(user.name), "password": "file:/account"}
    with opened(ldap.connector(openldap_server, bind=bind)) as weak:
        other = harness.create(USER, harness.label())
        outcomes = [weak.send(other, Delete()), weak.change(other, "description", DeltaKind.REPLACE, "x")]
        outcomes += [
            weak.again(weak.creation(USER, weak.label())),
            weak.send(other, SetPassword(Secret("another one"))),
        ]
        assert {getattr(each, "failure", Failure("none", "")).code for each in outcomes} == {"permission_denied"}
        with pytest.raises(UnsupportedError, match="page_size"):
            list(weak.adapter.search(Query(ldap.USER, page_size=500)))  # type: ignore[attr-defined]  # as above


def test_the_schema_tells_bounds_and_kinds(harness: Harness):
    user = harness.adapter.schema().object_types[ldap.USER].attributes
    assert user["uidNumber"].type is AttributeType.INTEGER
    assert not user["uidNumber"].multi_valued
    assert user["seeAlso"].type is AttributeType.REFERENCE
    assert user["userCertificate"].type is AttributeType.BINARY
    assert user["description"].max_length == 1024
    assert not user["description"].case_exact
    assert user["homeDirectory"].case_exact
    assert {name for name, each in user.items() if each.required} == {
        "cn", "sn", "uidNumber", "gidNumber", "homeDirectory",
    }  # fmt: skip
    assert user["userPassword"].sensitive


def test_backlinks_are_kept_whatever_is_done_to_a_group(opened: Opened, backlinking: OpenLdapServer):
    with opened(ldap.connector(backlinking)) as harness:
        first, second, third = (by_anchor(harness.create(USER, harness.label())) for _ in range(3))
        group = by_anchor(harness.create(group_of(first), harness.label()))
        harness.change(group, "member", DeltaKind.ADD, second, third)
        harness.change(group, "member", DeltaKind.REMOVE, third)
        _again_after_doubt(harness, harness.attempt(group, Rename(ldap.group(harness.label()))))
        assert _linked(backlinking) == {harness.read(each).name for each in (first, second)}
        _again_after_doubt(harness, harness.attempt(group, Delete()))
        assert not _linked(backlinking)


def _again_after_doubt(harness: Harness, attempt: Attempt) -> None:
    observed = harness.read(attempt.operation.target)
    outcome = harness.again(replace(attempt, number=2, conditional=True, observed=observed))
    assert isinstance(outcome, Applied), outcome


def _linked(server: OpenLdapServer) -> set[str]:
    """The DNs of the users that the server's overlay calls members of something."""
    listed = server.container.run(
        "ldapsearch",
        "-x",
        "-LLL",
        "-o",
        "ldif-wrap=no",
        "-H",
        "ldap://127.0.0.1",
        "-b",
        ldap.PEOPLE,
        "(memberOf=*)",
        "1.1",
    )
    return {line.removeprefix("dn: ") for line in listed.decode().splitlines() if line.startswith("dn: ")}


@pytest.fixture
def former(harness: Harness, openldap_server: OpenLdapServer) -> Iterator[str]:
    """A container below the users' base."""
    login = ("-x", "-H", "ldap://127.0.0.1", "-D", openldap_server.admin_dn, "-w", openldap_server.admin_password)
    entry = f"dn: {FORMER}\nobjectClass: organizationalUnit\nou: former\n"
    openldap_server.container.run("bash", "-c", f'ldapadd {" ".join(login)} <<< "{entry}"')
    yield FORMER
    harness.clear_away()
    openldap_server.container.run("ldapdelete", "-r", *login, FORMER)


@pytest.fixture(scope="module")
def backlinking(container_engine: str) -> Iterator[OpenLdapServer]:
    with containers.openldap(dbnosync=True, memberof=True) as server:
        yield server


def test_the_naming_context_in_scope_is_the_partition(harness: Harness):
    assert [each.name for each in harness.adapter.partitions()] == ["dc=lab,dc=test"]


def test_no_request_writes_what_is_protected(harness: Harness, openldap_server: OpenLdapServer, opened: Opened):
    """By filter and by subtree; every kind of write, by name and by anchor; what is left alone stays as it was."""
    vip = harness.create(USER, harness.label(), {"employeeType": ("vip",)})
    before = harness.read(vip)
    vault = f"ou={harness.label()},{ldap.PEOPLE}"
    changed = {"protected": {"filters": ["(employeeType=vip)"], "dns": [vault]}}
    bodies = (
        Delete(),
        Rename(ldap.user(harness.label())),
        Update((AttributeDelta("description", DeltaKind.REPLACE, ("x",)),)),
        Update((AttributeDelta("employeeType", DeltaKind.REPLACE, ()),)),
        SetPassword(Secret("correct horse battery")),
    )
    with opened(ldap.connector(openldap_server, **changed)) as guarded:
        for body in bodies:
            for ref in (vip, by_name(vip), by_anchor(vip)):
                assert rejected(guarded.send(ref, body), "permission_denied"), body
        doubtful = replace(guarded.attempt(vip, bodies[2]), number=2, conditional=True, observed=before)
        assert rejected(guarded.again(doubtful), "permission_denied")
        other = guarded.create(USER, guarded.label())
        inside = Name(f"uid=x,{vault}")
        assert rejected(guarded.send(other, Rename(inside)), "permission_denied")
        assert rejected(guarded.send(ObjectRef(ldap.USER, name=inside), Create({})), "permission_denied")
    assert harness.read(vip) == before
