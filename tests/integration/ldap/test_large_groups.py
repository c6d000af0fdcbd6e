"""Groups of many members: changes in parts that are safe to repeat, one member added without reading the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ADAPTER
from bridge.sdk import Applied, Create, DeltaKind, ObjectRef, Query, Unchanged
from bridge.sdk.testing.contract import Harness, ObjectSample
from tests.support import containers, ldap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters.ldap.client import Client
    from adapters.ldap.encoding import Request
    from adapters.ldap.pipeline import Answer
    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import OpenLdapServer

GROUP = ObjectSample(object_type=ldap.GROUP, name=ldap.group)
TYPES = {
    **ldap.OBJECT_TYPES,
    "group": {**ldap.OBJECT_TYPES["group"], "last_member": "placeholder", "placeholder_dn": "cn=nobody,dc=lab,dc=test"},
}
MANY = 20_000


@pytest.fixture(scope="module")
def roomy(container_engine: str) -> Iterator[OpenLdapServer]:
    """A server of its own, with which its many users go."""
    with containers.openldap(dbnosync=True, refint=False) as server:
        yield server


@pytest.fixture(scope="module")
def members(roomy: OpenLdapServer) -> list[ObjectRef]:
    adapter = ldap.connector(roomy).adapter(ADAPTER)
    adapter.open()
    try:
        harness = Harness(adapter)
        named = [ObjectRef(ldap.USER, name=ldap.user(f"member {number}")) for number in range(MANY)]
        outcomes = harness.export([harness.attempt(each, Create(ldap.posix("m"))) for each in named])
    finally:
        adapter.close()
    assert all(isinstance(each, Applied) for each in outcomes.values())
    return [ObjectRef(ldap.USER, getattr(each, "anchor", None)) for each in outcomes.values()]


@pytest.fixture
def harness(roomy: OpenLdapServer, opened: Opened) -> Iterator[Harness]:
    with opened(ldap.connector(roomy, object_types=TYPES)) as harness:
        yield harness


class Listener:
    """Counts what goes over the client's wire and back."""

    def __init__(self, client: Client) -> None:
        self._exchange = client.exchange
        self.largest_request = self.values_read = self.writes = 0
        client.exchange = self.exchange  # type: ignore[method-assign]  # to listen

    def exchange(self, requests: Sequence[Request]) -> list[Answer]:
        answers = self._exchange(requests)
        self.largest_request = max(self.largest_request, *(each.size for each in requests))
        self.writes += sum(each.effect.value == "writes" for each in requests)
        entries = [entry for answer in answers for entry in getattr(answer, "entries", ())]
        self.values_read += sum(len(held) for entry in entries for held in entry.attributes.values())
        return answers


def listen(harness: Harness) -> Listener:
    return Listener(harness.adapter._client)  # type: ignore[attr-defined]


def test_fault_43_thousands_of_members_are_added_removed_and_replaced(harness: Harness, members: list[ObjectRef]):
    group = harness.create(GROUP, harness.label())
    heard = listen(harness)
    assert isinstance(harness.change(group, "member", DeltaKind.ADD, *members), Applied)
    assert heard.writes == MANY / 1_000
    assert heard.largest_request < 200_000
    assert len(harness.values(group, "member")) == MANY
    assert isinstance(harness.change(group, "member", DeltaKind.ADD, *members), Unchanged)
    assert isinstance(harness.change(group, "member", DeltaKind.REPLACE, *members[5_000:]), Applied)
    assert len(harness.values(group, "member")) == MANY - 5_000
    [imported] = [
        each
        for page in harness.adapter.search(Query(ldap.GROUP))  # type: ignore[attr-defined]  # it searches
        for each in page
        if each.anchor == group.anchor
    ]
    assert len(imported.attributes["member"]) == MANY - 5_000
    assert isinstance(harness.change(group, "member", DeltaKind.REMOVE, *members), Applied)
    assert harness.values(group, "member") == ()


def test_what_was_sent_in_part_is_sent_again_from_the_start(harness: Harness, members: list[ObjectRef]):
    """As after a crash between two parts, with parts of another one's making among ours."""
    group = harness.create(GROUP, harness.label(), {"member": members[2_000:3_500]})
    assert isinstance(harness.change(group, "member", DeltaKind.ADD, *members[:2_000]), Applied)
    assert isinstance(harness.change(group, "member", DeltaKind.ADD, *members[:5_000]), Applied)
    assert len(harness.values(group, "member")) == 5_000
    assert isinstance(harness.change(group, "member", DeltaKind.REMOVE, *members[4_000:9_000]), Applied)
    assert len(harness.values(group, "member")) == 4_000


def test_a_member_is_added_and_removed_without_reading_the_others(harness: Harness, members: list[ObjectRef]):
    group = harness.create(GROUP, harness.label(), {"member": members[:10_000]})
    heard = listen(harness)
    outcomes = [
        harness.change(group, "member", kind, member)
        for kind, member in (
            (DeltaKind.ADD, members[15_000]),
            (DeltaKind.ADD, members[15_000]),
            (DeltaKind.REMOVE, members[5]),
            (DeltaKind.REMOVE, members[5]),
        )
    ]
    assert [type(each) for each in outcomes] == [Applied, Unchanged, Applied, Unchanged]
    assert heard.values_read < 50
    assert heard.largest_request < 1_000
    assert len(harness.values(group, "member")) == 10_000
