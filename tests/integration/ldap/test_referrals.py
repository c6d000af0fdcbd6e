"""Fault 45: a server that points to another is not followed there, and what may lie there is not taken for absent."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import ldap3
import pytest

from bridge.sdk import (
    Anchor,
    ConfigurationError,
    Create,
    Delete,
    Name,
    ObjectRef,
    Query,
    Rename,
    Secret,
    SetPassword,
)
from bridge.sdk.testing.contract import Harness, ObjectSample
from tests.support import ldap
from tests.support.tcp_server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.sdk import Body, Outcome
    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import OpenLdapServer

BASE = "ou=shared,ou=former,dc=lab,dc=test"
THERE = f"ou=there,{BASE}"
NOWHERE = Anchor("00000000-0000-1000-8000-000000000000")


@pytest.fixture
def others_connections() -> list[int]:
    """One number for each connection that somebody made to the server pointed to."""
    return []


@pytest.fixture(params=["another server", "itself"])
def harness(
    openldap_server: OpenLdapServer, opened: Opened, others_connections: list[int], request: pytest.FixtureRequest
) -> Iterator[Harness]:
    """A part of the base is a referral, to a server of the test's own or back to where it stands."""

    def count(_peer: socket.socket) -> None:
        others_connections.append(1)

    server = ldap3.Server(openldap_server.host, openldap_server.port, get_info=ldap3.NONE)
    with (
        serving(count) as port,
        ldap3.Connection(server, openldap_server.admin_dn, openldap_server.admin_password) as admin,
    ):
        where = f"ldap://127.0.0.1:{port}/{THERE}" if request.param == "another server" else f"ldap:///{THERE}"
        admin.add(BASE, "organizationalUnit")
        admin.add(THERE, ["referral", "extensibleObject"], {"ref": where})
        types = {"user": {**ldap.OBJECT_TYPES["user"], "base": BASE}}
        with opened(ldap.connector(openldap_server, object_types=types)) as harness:
            yield harness
        admin.delete(THERE, controls=[("2.16.840.1.113730.3.4.2", True, None)])
        admin.delete(BASE)


def points_elsewhere(outcome: Outcome) -> bool:
    return getattr(outcome, "failure", None) is not None and outcome.failure.code == "configuration"  # type: ignore[union-attr]  # told by the line before


@pytest.mark.parametrize(
    "body",
    [
        Create(ldap.posix("x")),
        Delete(),
        Rename(Name(f"uid=y,{BASE}")),
        SetPassword(Secret("correct horse")),
    ],
    ids=["create", "delete", "rename", "set password"],
)
def test_a_write_to_what_lies_elsewhere(harness: Harness, others_connections: list[int], body: Body):
    outcome = harness.send(ObjectRef(ldap.USER, name=Name(f"uid=x,{THERE}")), body)
    assert points_elsewhere(outcome), outcome
    assert others_connections == []


def test_a_read_of_what_may_lie_elsewhere(harness: Harness, others_connections: list[int]):
    for ref in (ObjectRef(ldap.USER, name=Name(f"uid=x,{THERE}")), ObjectRef(ldap.USER, anchor=NOWHERE)):
        with pytest.raises(ConfigurationError, match="another server"):
            harness.find(ref)
    assert others_connections == []


def test_a_delete_by_anchor_of_what_may_lie_elsewhere(harness: Harness, others_connections: list[int]):
    outcome = harness.send(ObjectRef(ldap.USER, anchor=NOWHERE), Delete())
    assert points_elsewhere(outcome), "not Unchanged: it may be there"
    assert others_connections == []


def test_a_search_of_which_a_part_lies_elsewhere(harness: Harness, others_connections: list[int]):
    with pytest.raises(ConfigurationError, match="another server"):
        list(harness.adapter.search(Query(ldap.USER)))  # type: ignore[attr-defined]  # it searches
    assert others_connections == []


def test_what_lies_here_is_written(harness: Harness):
    sample = ObjectSample(object_type=ldap.USER, name=lambda label: Name(f"uid={label},{BASE}"), attributes=ldap.posix)
    ref = harness.create(sample, "here")
    assert harness.read(ref).anchor == ref.anchor
