"""Accounts on each kind of server: locked and unlocked, made to change the password, refused passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ldap3
import pytest

from bridge.sdk import Applied, ChangePassword, DeltaKind, ObjectRef, Query, Rejected, Secret, SetPassword, filters
from bridge.sdk.testing.contract import Harness, ObjectSample
from bridge.sdk.testing.contract.harness import rejected, succeeded
from tests.support import active_directory as ad
from tests.support import ldap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import ActiveDirectoryServer, Ds389Server, OpenLdapServer

USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)
PERSON = ObjectSample(object_type=ldap.USER, name=ldap.person, attributes=ldap.posix_person)
MEMBER_OF_DOMAIN = ObjectSample(object_type=ad.USER, name=ad.user)
PASSWORD, OTHER, WRONG = Secret("Correct horse 1"), Secret("Staple of the 2"), "not that one"
ON, OFF = (True,), (False,)
STRICT = "cn=strict,ou=policies,dc=lab,dc=test"


@pytest.fixture
def openldap(openldap_server: OpenLdapServer, opened: Opened) -> Iterator[Harness]:
    with opened(ldap.connector(openldap_server)) as harness:
        yield harness


@pytest.fixture
def ds389(ds389_server: Ds389Server, opened: Opened) -> Iterator[Harness]:
    with opened(ldap.ds389(ds389_server)) as harness:
        yield harness


@pytest.fixture
def domain(active_directory_server: ActiveDirectoryServer, opened: Opened) -> Iterator[Harness]:
    with opened(ad.connector(active_directory_server)) as harness:
        yield harness


def bound(
    server: OpenLdapServer | Ds389Server | ActiveDirectoryServer, ref: ObjectRef, password: str
) -> tuple[bool, bool]:
    """Whether somebody gets in with that password, and whether it is good for more than changing it."""
    tls = ldap.VerifiedTls(server.ca_pem)
    target = ldap3.Server(
        server.tls_name, server.tls_port, use_ssl=True, tls=tls, get_info=ldap3.NONE, mode=ldap3.IP_V4_ONLY
    )
    connection = ldap3.Connection(target, str(ref.name), password)
    try:
        gets_in = bool(connection.bind())
        connection.search(str(ref.name), "(objectClass=*)", ldap3.BASE)
        return gets_in, gets_in and connection.result["result"] == 0
    finally:
        connection.unbind()


def flagged(harness: Harness, ref: ObjectRef, name: str) -> bool:
    """As a read and a search tell it, which is the same."""
    [value] = harness.values(ref, name)
    found = {
        state: {
            each.anchor
            for page in harness.adapter.search(  # type: ignore[attr-defined]  # it searches
                Query(ref.object_type, filters.Compare(name, filters.Comparison.EQUAL, state))
            )
            for each in page
        }
        for state in (True, False)
    }
    assert (ref.anchor in found[True], ref.anchor in found[False]) == (value, not value)
    return bool(value)


def lock(server: OpenLdapServer | Ds389Server | ActiveDirectoryServer, ref: ObjectRef) -> None:
    for _ in range(3):
        assert bound(server, ref, WRONG) == (False, False)
    assert bound(server, ref, PASSWORD.reveal()) == (False, False), "the server has locked it"


def check_lock(harness: Harness, server: OpenLdapServer | Ds389Server | ActiveDirectoryServer, ref: ObjectRef) -> None:
    assert not flagged(harness, ref, "locked")
    lock(server, ref)
    assert flagged(harness, ref, "locked")
    for _ in range(2):
        assert succeeded(harness.change(ref, "locked", DeltaKind.REPLACE, *OFF))
        assert not flagged(harness, ref, "locked")
    assert bound(server, ref, PASSWORD.reveal()) == (True, True)
    assert bound(server, ref, WRONG) == (False, False)
    assert bound(server, ref, PASSWORD.reveal()) == (True, True), "wrong passwords are counted from the start"
    assert rejected(harness.change(ref, "locked", DeltaKind.REPLACE, *ON), "invalid_value")


def check_must_change(
    harness: Harness, server: OpenLdapServer | Ds389Server | ActiveDirectoryServer, ref: ObjectRef
) -> None:
    assert bound(server, ref, PASSWORD.reveal()) == (True, True)
    assert isinstance(harness.change(ref, "must_change_password", DeltaKind.REPLACE, *ON), Applied)
    assert flagged(harness, ref, "must_change_password")
    _, good_for_all = bound(server, ref, PASSWORD.reveal())
    assert not good_for_all
    assert isinstance(harness.change(ref, "must_change_password", DeltaKind.REPLACE, *OFF), Applied)
    assert not flagged(harness, ref, "must_change_password")
    assert bound(server, ref, PASSWORD.reveal()) == (True, True)


def test_openldap_unlocks(openldap: Harness, openldap_server: OpenLdapServer):
    ref = openldap.create(USER, openldap.label())
    assert isinstance(openldap.send(ref, SetPassword(PASSWORD)), Applied)
    check_lock(openldap, openldap_server, ref)
    assert isinstance(openldap.change(ref, "enabled", DeltaKind.REPLACE, *OFF), Applied)
    assert succeeded(openldap.change(ref, "locked", DeltaKind.REPLACE, *OFF))
    assert openldap.values(ref, "enabled") == (False,), "who unlocks does not enable"


def test_openldap_demands_another_password(openldap: Harness, openldap_server: OpenLdapServer):
    ref = openldap.create(USER, openldap.label())
    assert isinstance(openldap.send(ref, SetPassword(PASSWORD)), Applied)
    _strict(openldap_server, ref)
    check_must_change(openldap, openldap_server, ref)


def _strict(server: OpenLdapServer, ref: ObjectRef) -> None:
    """Gives the account the policy that looks at the flag."""
    login = f"-x -H ldap://127.0.0.1 -D {server.admin_dn} -w {server.admin_password}"
    change = f"dn: {ref.name}\nchangetype: modify\nadd: pwdPolicySubentry\npwdPolicySubentry: {STRICT}\n"
    server.container.run("bash", "-c", f'ldapmodify {login} <<< "{change}"')


def test_389_unlocks(ds389: Harness, ds389_server: Ds389Server):
    ref = ds389.create(PERSON, ds389.label())
    assert isinstance(ds389.send(ref, SetPassword(PASSWORD)), Applied)
    assert isinstance(ds389.change(ref, "must_change_password", DeltaKind.REPLACE, *OFF), Applied)
    check_lock(ds389, ds389_server, ref)


def test_389_demands_another_password(ds389: Harness, ds389_server: Ds389Server):
    ref = ds389.create(PERSON, ds389.label())
    assert isinstance(ds389.send(ref, SetPassword(PASSWORD)), Applied)
    assert flagged(ds389, ref, "must_change_password"), "so its policy says of passwords that administrators set"
    assert isinstance(ds389.change(ref, "must_change_password", DeltaKind.REPLACE, *OFF), Applied)
    check_must_change(ds389, ds389_server, ref)


def test_active_directory_unlocks_and_demands_another_password(
    domain: Harness, active_directory_server: ActiveDirectoryServer
):
    ref = domain.create(MEMBER_OF_DOMAIN, domain.label())
    assert isinstance(domain.send(ref, SetPassword(PASSWORD)), Applied)
    assert isinstance(domain.change(ref, "enabled", DeltaKind.REPLACE, *ON), Applied)
    check_lock(domain, active_directory_server, ref)
    check_must_change(domain, active_directory_server, ref)


def refused(harness: Harness, ref: ObjectRef, body: SetPassword | ChangePassword) -> str:
    outcome = harness.send(ref, body)
    assert isinstance(outcome, Rejected), outcome
    assert outcome.failure.code == "password_rejected"
    tried = body.password if isinstance(body, SetPassword) else body.new
    assert tried.reveal() not in repr(outcome)
    return outcome.failure.message


def test_fault_48_openldap_tells_why_a_password_is_refused(openldap: Harness, openldap_server: OpenLdapServer):
    ref = openldap.create(USER, openldap.label())
    for each in (PASSWORD, OTHER):
        assert isinstance(openldap.send(ref, SetPassword(each)), Applied)
    assert "too short" in refused(openldap, ref, SetPassword(Secret("sh0rt")))
    assert "used before" in refused(openldap, ref, SetPassword(PASSWORD))
    _strict(openldap_server, ref)
    assert "too recently" in refused(openldap, ref, ChangePassword(OTHER, Secret("Another one 3")))
    assert "old password is wrong" in refused(openldap, ref, ChangePassword(Secret(WRONG), Secret("Another one 3")))


def test_fault_48_389_tells_why_a_password_is_refused(ds389: Harness):
    ref = ds389.create(PERSON, ds389.label())
    for each in (PASSWORD, OTHER):
        assert isinstance(ds389.send(ref, SetPassword(each)), Applied)
    assert "not good enough" in refused(ds389, ref, SetPassword(Secret("sh0rt")))
    assert "old password is wrong" in refused(ds389, ref, ChangePassword(Secret(WRONG), Secret("Another one 3")))


def test_fault_48_a_refused_password_leaves_the_account_disabled(
    domain: Harness, active_directory_server: ActiveDirectoryServer
):
    ref = domain.create(MEMBER_OF_DOMAIN, domain.label())
    refused(domain, ref, SetPassword(Secret("sh0rt")))
    assert rejected(domain.change(ref, "enabled", DeltaKind.REPLACE, *ON), "precondition")
    assert domain.values(ref, "enabled") == (False,)
    assert bound(active_directory_server, ref, "sh0rt") == (False, False)
