"""A group whose class demands a member: what an empty one holds, that nobody sees it, and races for the last member."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import Applied, ConfigurationError, DeltaKind, ObjectRef, Query, UnsupportedError, filters
from bridge.sdk.testing.contract import Harness, ObjectSample
from bridge.sdk.testing.contract.harness import by_anchor, succeeded
from tests.support import ldap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import Ds389Server, OpenLdapServer

NOBODY = "cn=nobody,dc=lab,dc=test"
ROUNDS = 25
USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)
EMPTY = ObjectSample(object_type=ldap.GROUP, name=ldap.group)


@pytest.fixture(params=[("groupOfNames", "member"), ("groupOfUniqueNames", "uniqueMember")], ids=lambda each: each[1])
def kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param  # type: ignore[no-any-return]  # as given above


@pytest.fixture
def member(kind: tuple[str, str]) -> str:
    return kind[1]


@pytest.fixture
def changed(kind: tuple[str, str]) -> dict[str, Any]:
    group = {**ldap.OBJECT_TYPES["group"], "structural_class": kind[0]}
    policy = {"last_member": "placeholder", "placeholder_dn": NOBODY}
    return {"object_types": {**ldap.OBJECT_TYPES, "group": {**group, **policy}}}


@pytest.fixture
def harness(openldap_server: OpenLdapServer, opened: Opened, changed: dict[str, Any]) -> Iterator[Harness]:
    with opened(ldap.connector(openldap_server, **changed)) as harness:
        yield harness


@pytest.fixture
def stored(openldap_server: OpenLdapServer, member: str) -> Callable[[ObjectRef], set[str]]:
    """The members as the directory holds them."""

    def read(ref: ObjectRef) -> set[str]:
        login = ("-x", "-H", "ldap://127.0.0.1", "-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", str(ref.name))
        lines = openldap_server.container.run("ldapsearch", *login, member).decode().splitlines()
        return {line.removeprefix(f"{member}: ") for line in lines if line.startswith(f"{member}: ")}

    return read


def test_fault_51_the_last_member_goes_and_the_placeholder_is_not_seen(
    harness: Harness, member: str, stored: Callable[[ObjectRef], set[str]]
):
    user = harness.create(USER, harness.label())
    group = harness.create(EMPTY, harness.label(), {member: (by_anchor(user),)})
    assert stored(group) == {user.name}
    for _ in range(2):
        assert succeeded(harness.change(group, member, DeltaKind.REMOVE, by_anchor(user)))
        assert harness.values(group, member) == ()
        assert stored(group) == {NOBODY}
    [imported] = [
        each
        for page in harness.adapter.search(Query(ldap.GROUP))  # type: ignore[attr-defined]  # it searches
        for each in page
        if each.anchor == group.anchor
    ]
    assert member not in imported.attributes


def test_a_group_begins_empty_and_is_emptied_again(
    harness: Harness, member: str, stored: Callable[[ObjectRef], set[str]]
):
    assert not harness.adapter.schema().object_types[ldap.GROUP].attributes[member].required
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    group = harness.create(EMPTY, harness.label())
    assert harness.values(group, member) == ()
    assert isinstance(harness.change(group, member, DeltaKind.ADD, one, two), Applied)
    assert len(harness.values(group, member)) == 2
    assert isinstance(harness.change(group, member, DeltaKind.REMOVE, one, two), Applied)
    assert harness.values(group, member) == ()
    assert isinstance(harness.change(group, member, DeltaKind.REPLACE, one), Applied)
    assert stored(group) == {one.name}, "who replaces the members replaces the placeholder too"
    assert isinstance(harness.change(group, member, DeltaKind.REPLACE), Applied)
    assert (harness.values(group, member), stored(group)) == ((), {NOBODY})


def test_a_removal_and_an_addition_at_the_same_time_both_take_effect(
    harness: Harness, member: str, openldap_server: OpenLdapServer, opened: Opened, changed: dict[str, Any]
):
    one, two, three = (by_anchor(harness.create(USER, harness.label())) for _ in range(3))
    groups = [harness.create(EMPTY, harness.label(), {member: (one, two)}) for _ in range(ROUNDS)]
    wrong: list[Any] = []
    start = threading.Barrier(3)

    def changes(kind: DeltaKind, ref: ObjectRef) -> None:
        with opened(ldap.connector(openldap_server, **changed)) as other:
            for group in groups:
                start.wait()
                outcome = other.change(group, member, kind, ref)
                if not isinstance(outcome, Applied):
                    wrong.append(outcome)

    work = ((DeltaKind.REMOVE, one), (DeltaKind.REMOVE, two), (DeltaKind.ADD, three))
    threads = [threading.Thread(target=changes, args=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    for group in groups:
        left = [harness.read(each).anchor for each in harness.values(group, member) if isinstance(each, ObjectRef)]
        assert left == [three.anchor]


def test_whether_a_group_has_members_is_no_question_for_the_server(harness: Harness, member: str):
    with pytest.raises(UnsupportedError, match="placeholder"):
        list(harness.adapter.search(Query(ldap.GROUP, filters.Present(member))))  # type: ignore[attr-defined]  # it searches


def test_a_placeholder_where_no_class_demands_a_member_is_refused(
    ds389_server: Ds389Server, opened: Opened, changed: dict[str, Any]
):
    group = changed["object_types"]["group"]
    with (
        pytest.raises(ConfigurationError, match="leave it out"),
        opened(ldap.ds389(ds389_server, object_types={"group": group})),
    ):
        pass
