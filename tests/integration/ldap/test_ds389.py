"""What is particular to 389 Directory Server: locked accounts, passwords over TLS, its own version of an entry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ldap3
import pytest

from bridge.sdk import (
    Applied,
    ChangePassword,
    ConfigurationError,
    Delete,
    DeltaKind,
    ObjectRef,
    Query,
    Secret,
    SetPassword,
    filters,
)
from bridge.sdk.testing.contract import Harness, ObjectSample
from bridge.sdk.testing.contract.harness import rejected
from tests.support import ldap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import Ds389Server

USER = ObjectSample(object_type=ldap.USER, name=ldap.person, attributes=ldap.posix_person)
PASSWORD, OTHER = Secret("correct horse battery"), Secret("staple of the other one")


@pytest.fixture
def harness(ds389_server: Ds389Server, opened: Opened) -> Iterator[Harness]:
    with opened(ldap.ds389(ds389_server)) as harness:
        yield harness


@pytest.fixture
def logs_in(ds389_server: Ds389Server) -> Callable[[ObjectRef, Secret], bool]:
    """Whether somebody with that name and password gets in."""

    def bind(ref: ObjectRef, password: Secret) -> bool:
        tls = ldap.VerifiedTls(ds389_server.ca_pem)
        server = ldap3.Server(
            ds389_server.tls_name,
            ds389_server.tls_port,
            use_ssl=True,
            tls=tls,
            get_info=ldap3.NONE,
            mode=ldap3.IP_V4_ONLY,
        )
        connection = ldap3.Connection(server, str(ref.name), password.reveal())
        try:
            return bool(connection.bind())
        finally:
            connection.unbind()

    return bind


def test_a_disabled_account_is_kept_out(harness: Harness, logs_in: Callable[[ObjectRef, Secret], bool]):
    ref = harness.create(USER, harness.label())
    assert isinstance(harness.send(ref, SetPassword(PASSWORD)), Applied)
    assert logs_in(ref, PASSWORD)
    for enabled in (False, True):
        assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, enabled), Applied)
        assert harness.values(ref, "enabled") == (enabled,)
        assert logs_in(ref, PASSWORD) is enabled


def test_an_account_begins_as_it_is_asked_to(harness: Harness):
    ref = harness.create(USER, harness.label(), {"enabled": (False,)})
    assert harness.values(ref, "enabled") == (False,)
    disabled = filters.Compare("enabled", filters.Comparison.EQUAL, value=False)
    found = [each.anchor for page in harness.adapter.search(Query(ldap.USER, disabled)) for each in page]  # type: ignore[attr-defined]  # it searches
    assert found == [ref.anchor]


def test_the_owner_changes_a_password_with_the_old_one(harness: Harness, logs_in: Callable[[ObjectRef, Secret], bool]):
    ref = harness.create(USER, harness.label())
    assert isinstance(harness.send(ref, SetPassword(PASSWORD)), Applied)
    assert isinstance(harness.send(ref, ChangePassword(PASSWORD, OTHER)), Applied)
    assert (logs_in(ref, PASSWORD), logs_in(ref, OTHER)) == (False, True)
    assert rejected(harness.send(ref, ChangePassword(PASSWORD, OTHER)), "password_rejected")


def test_a_password_that_the_policy_refuses(harness: Harness, logs_in: Callable[[ObjectRef, Secret], bool]):
    ref = harness.create(USER, harness.label())
    assert isinstance(harness.send(ref, SetPassword(PASSWORD)), Applied)
    outcome = harness.send(ref, SetPassword(Secret("sh0rt")))
    assert rejected(outcome, "password_rejected"), outcome
    assert "sh0rt" not in repr(outcome)
    assert logs_in(ref, PASSWORD)


def test_after_doubt_a_changed_object_is_left_alone(harness: Harness):
    ref = harness.create(USER, harness.label(), {"description": ("before",)})
    observed = harness.read(ref)
    assert isinstance(harness.change(ref, "description", DeltaKind.REPLACE, "theirs"), Applied)
    doubtful = replace(harness.attempt(ref, Delete()), number=2, conditional=True, observed=observed)
    assert rejected(harness.again(doubtful), "precondition")
    assert harness.values(ref, "description") == ("theirs",)


def test_the_kind_can_be_overridden(ds389_server: Ds389Server, opened: Opened):
    """Taken for OpenLDAP, it is asked for a control that it lacks."""
    with opened(ldap.ds389(ds389_server, server_kind="389ds")) as harness:
        assert any("389 Directory Server" in line for line in harness.adapter.test())
    with (
        opened(ldap.ds389(ds389_server, server_kind="openldap")) as harness,
        pytest.raises(ConfigurationError, match="assertion control"),
    ):
        harness.adapter.test()
