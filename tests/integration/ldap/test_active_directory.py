"""What is particular to Active Directory: disabled, password, enabled; objects that nobody may touch; GUIDs."""

from __future__ import annotations

import uuid
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from adapters.ldap import ADAPTER, schema
from adapters.ldap.client import Client
from adapters.ldap.conditions import present
from adapters.ldap.config import LdapConfig
from adapters.ldap.conversation import run
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import Directory
from adapters.ldap.encoding import Secrecy
from adapters.ldap.lookup import Known, KnownNames
from adapters.ldap.lookup import by_name as by_name_request
from adapters.ldap.plans.create import create
from adapters.ldap.ranges import complete
from adapters.ldap.subschema import read_description
from bridge.engine.judge import Verdict, judge
from bridge.sdk import (
    AdapterContext,
    Applied,
    ChangePassword,
    Create,
    Delete,
    DeltaKind,
    Name,
    ObjectRef,
    Query,
    Rejected,
    Rename,
    Secret,
    SetPassword,
    Unchanged,
    filters,
)
from bridge.sdk.testing.contract import Harness, ObjectSample
from bridge.sdk.testing.contract.harness import CONNECTOR, by_anchor, by_name, rejected, succeeded
from tests.support import active_directory as ad
from tests.support import ldap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import ActiveDirectoryServer

USER = ObjectSample(object_type=ad.USER, name=ad.user)
GROUP = ObjectSample(object_type=ad.GROUP, name=ad.group)
PASSWORD, OTHER = Secret("Correct horse battery 1"), Secret("Staple of the other one 2")
ON, OFF = (True,), (False,)
BUILT_IN = "CN=Builtin,DC=lab,DC=test"


@pytest.fixture
def harness(active_directory_server: ActiveDirectoryServer, opened: Opened) -> Iterator[Harness]:
    with opened(ad.connector(active_directory_server)) as harness:
        yield harness


@pytest.fixture
def powerful(active_directory_server: ActiveDirectoryServer, opened: Opened) -> Iterator[Harness]:
    """Bound as the domain's Administrator."""
    with opened(ad.administrator(active_directory_server)) as harness:
        yield harness


@pytest.fixture
def logs_in(active_directory_server: ActiveDirectoryServer) -> Callable[[ObjectRef, Secret], bool]:
    """Whether somebody with that name and password gets in."""

    def bind(ref: ObjectRef, password: Secret) -> bool:
        target = active_directory_server
        tls = ldap.VerifiedTls(target.ca_pem)
        server = ldap3.Server(
            target.tls_name, target.tls_port, use_ssl=True, tls=tls, get_info=ldap3.NONE, mode=ldap3.IP_V4_ONLY
        )
        connection = ldap3.Connection(server, str(ref.name), password.reveal())
        try:
            return bool(connection.bind())
        finally:
            connection.unbind()

    return bind


@contextmanager
def directory_of(server: ActiveDirectoryServer) -> Iterator[tuple[Client, Directory]]:
    """A connection, and what the server's schema makes of the configuration."""
    connector = ad.connector(server)
    config = ADAPTER.load_config().model_validate(dict(connector.config))
    assert isinstance(config, LdapConfig)
    with closing(Client(config, AdapterContext(CONNECTOR, connector.resolve_secret))) as client:
        yield client, schema.build(run({"": read_description()}, client.exchange)[""], config)  # type: ignore[arg-type]  # no error


def test_an_account_goes_disabled_then_password_then_enabled(
    harness: Harness, logs_in: Callable[[ObjectRef, Secret], bool]
):
    ref = harness.create(USER, harness.label())
    assert harness.values(ref, "enabled") == (False,)
    refused = harness.change(ref, "enabled", DeltaKind.REPLACE, *ON)
    assert rejected(refused, "precondition"), "an account without a password is never enabled"
    assert harness.values(ref, "enabled") == (False,)
    assert isinstance(harness.send(ref, SetPassword(PASSWORD)), Applied)
    assert not logs_in(ref, PASSWORD)
    assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *ON), Applied)
    assert logs_in(ref, PASSWORD)
    assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *ON), Unchanged)
    assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *OFF), Applied)
    assert not logs_in(ref, PASSWORD)


def test_no_account_is_made_enabled_without_a_password(harness: Harness):
    for more in ({}, {"password": ()}):
        attempt = harness.creation(USER, harness.label(), {"enabled": ON, **more})
        outcome = harness.again(attempt)
        assert rejected(outcome, "invalid_value"), outcome
        assert isinstance(outcome, Rejected)
        assert outcome.failure.attributes == ("enabled",)
        assert harness.find(attempt.operation.target) is None


def test_an_account_is_made_with_its_password_and_enabled_at_once(
    harness: Harness, logs_in: Callable[[ObjectRef, Secret], bool]
):
    password = Secret('"Correct" hörse 電池 1')
    attempt = harness.creation(USER, harness.label(), {"enabled": ON, "password": (password,)})
    outcome = harness.again(attempt)
    assert isinstance(outcome, Applied), outcome
    found = harness.read(attempt.operation.target)
    assert found.attributes["enabled"] == ON
    assert not {"password", "unicodepwd"} & {name.lower() for name in found.attributes}, "it is never read back"
    assert logs_in(found.ref, password)
    known = harness.adapter.schema().object_types[ad.USER].attributes
    assert judge(attempt.operation, found, known) is Verdict.APPLIED, "after doubt this is the account"
    repeated = harness.again(replace(attempt, number=2))
    assert rejected(repeated, "already_exists")


def test_an_account_that_is_made_with_its_password_begins_disabled_unless_asked(
    harness: Harness, logs_in: Callable[[ObjectRef, Secret], bool]
):
    ref = harness.create(USER, harness.label(), {"password": (PASSWORD,)})
    assert harness.values(ref, "enabled") == OFF
    assert not logs_in(ref, PASSWORD)
    assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *ON), Applied)
    assert logs_in(ref, PASSWORD)


def test_a_new_account_can_be_made_to_change_the_password_that_it_brings(harness: Harness):
    ref = harness.create(USER, harness.label(), {"enabled": ON, "password": (PASSWORD,), "must_change_password": ON})
    assert harness.values(ref, "enabled") == harness.values(ref, "must_change_password") == ON


@pytest.mark.parametrize("password", ["sh0rt", "", "\ud800 lone"])
def test_a_refused_password_refuses_the_whole_account(harness: Harness, password: str):
    attempt = harness.creation(USER, harness.label(), {"enabled": ON, "password": (Secret(password),)})
    outcome = harness.again(attempt)
    assert rejected(outcome, "password_rejected"), outcome
    assert not password or password not in repr(outcome)
    assert harness.find(attempt.operation.target) is None


@pytest.mark.parametrize("password", [(PASSWORD,), ()])
def test_the_create_that_brings_a_password_needs_a_protected_channel(
    harness: Harness, active_directory_server: ActiveDirectoryServer, password: tuple[Secret, ...]
):
    """By that mark the client refuses it on another one, before a byte of it is sent."""
    attempt = harness.creation(USER, harness.label(), {"password": password})
    with directory_of(active_directory_server) as (_, directory):
        [request] = next(create(Known(directory, KnownNames()), attempt))
    assert request.secrecy is (Secrecy.PASSWORD if password else Secrecy.ORDINARY)
    assert PASSWORD.reveal() not in repr(request)


def test_a_group_brings_no_password(harness: Harness):
    assert "password" not in harness.adapter.schema().object_types[ad.GROUP].attributes
    outcome = harness.again(harness.creation(GROUP, harness.label(), {"password": (PASSWORD,)}))
    assert rejected(outcome, "invalid_value"), outcome


def test_an_account_that_must_change_its_password_can_be_enabled_again(harness: Harness):
    ref = harness.create(USER, harness.label())
    assert isinstance(harness.send(ref, SetPassword(PASSWORD)), Applied)
    assert isinstance(harness.change(ref, "must_change_password", DeltaKind.REPLACE, *ON), Applied)
    assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *ON), Applied)


def test_enabled_can_be_searched_for(harness: Harness):
    ref = harness.create(USER, harness.label())
    query = Query(ad.USER, filters.Compare("enabled", filters.Comparison.EQUAL, value=False))
    found = {each.anchor for page in harness.adapter.search(query) for each in page}  # type: ignore[attr-defined]  # it searches
    assert ref.anchor in found


def test_the_owner_changes_a_password_with_the_old_one(harness: Harness, logs_in: Callable[[ObjectRef, Secret], bool]):
    ref = harness.create(USER, harness.label())
    assert isinstance(harness.send(ref, SetPassword(PASSWORD)), Applied)
    assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *ON), Applied)
    wrong = harness.send(ref, ChangePassword(OTHER, Secret("Third of the passwords 3")))
    assert isinstance(wrong, Rejected)
    assert "old password is wrong" in wrong.failure.message
    assert isinstance(harness.send(ref, ChangePassword(PASSWORD, OTHER)), Applied)
    assert logs_in(ref, OTHER)
    again = harness.send(ref, ChangePassword(OTHER, PASSWORD))
    assert rejected(again, "password_rejected"), "it stands in the history"


def test_a_password_that_the_policy_refuses(harness: Harness):
    ref = harness.create(USER, harness.label())
    outcome = harness.send(ref, SetPassword(Secret("sh0rt")))
    assert rejected(outcome, "password_rejected"), outcome
    assert "sh0rt" not in repr(outcome)


def test_the_anchor_is_the_guid_as_microsoft_writes_it(
    harness: Harness, active_directory_server: ActiveDirectoryServer
):
    ref = harness.create(USER, harness.label())
    assert ref.anchor is not None
    sam = "/var/lib/samba/private/sam.ldb"
    said = active_directory_server.container.run(
        "ldbsearch", "-H", sam, "-b", str(ref.name), "-s", "base", "objectGUID"
    )
    assert f"objectGUID: {uuid.UUID(ref.anchor)}" in said.decode()


def test_an_object_that_others_moved_is_found_by_its_guid(harness: Harness, powerful: Harness):
    ref = harness.create(USER, harness.label())
    moved = Name(f"CN={harness.label()},OU=Former,DC=lab,DC=test")
    assert isinstance(powerful.send(ref, Rename(moved)), Applied)
    assert harness.find(by_anchor(ref)) is None, "outside the type's base it is not ours"
    assert rejected(harness.change(by_anchor(ref), "info", DeltaKind.REPLACE, "x"), "unknown_object")
    assert powerful.read(by_anchor(ref)).name == moved
    assert isinstance(powerful.change(ref, "info", DeltaKind.REPLACE, "x"), Applied)


def test_members_of_a_group(harness: Harness):
    one, two = harness.create(USER, harness.label()), harness.create(USER, harness.label())
    group = harness.create(GROUP, harness.label(), {"member": (one,)})
    for _ in range(2):
        assert succeeded(harness.change(group, "member", DeltaKind.ADD, one, two))
        assert {str(each.name) for each in harness.values(group, "member")} == {one.name, two.name}  # type: ignore[union-attr]  # references
    for _ in range(2):
        assert succeeded(harness.change(group, "member", DeltaKind.REMOVE, by_anchor(one), two))
        assert harness.values(group, "member") == ()


def test_members_that_came_in_part_are_fetched(harness: Harness, active_directory_server: ActiveDirectoryServer):
    """Samba gives long attributes whole unless it is asked for a part, which Windows gives by itself."""
    members = [harness.create(USER, harness.label()) for _ in range(5)]
    group = harness.create(GROUP, harness.label(), {"member": tuple(members)})
    asked = by_name_request(str(group.name), present("objectClass"), ("cn", "uSNChanged", "member;range=0-1"))
    with directory_of(active_directory_server) as (client, directory):
        [answer] = client.exchange([asked])
        assert isinstance(answer, Response)
        [part] = answer.entries
        assert len(part.attributes["member;range=0-1"]) == 2
        whole = run({"": complete(directory, part, ("cn", "uSNChanged", "member"))}, client.exchange)[""]
    assert isinstance(whole, Entry)
    assert {each.decode() for each in whole.attributes["member"]} == {each.name for each in members}
    assert set(whole.attributes) == {"cn", "uSNChanged", "member"}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ad.USER, "CN=krbtgt,CN=Users,DC=lab,DC=test"),
        (ad.USER, "CN=Administrator,CN=Users,DC=lab,DC=test"),
        (ad.GROUP, f"CN=Administrators,{BUILT_IN}"),
        (ad.GROUP, f"CN=Account Operators,{BUILT_IN}"),
        (ad.GROUP, f"CN=Server Operators,{BUILT_IN}"),
        (ad.GROUP, "CN=Domain Admins,CN=Users,DC=lab,DC=test"),
        (ad.GROUP, "CN=Domain Controllers,CN=Users,DC=lab,DC=test"),
    ],
)
def test_what_is_built_in_is_never_touched(powerful: Harness, kind: Any, name: str):
    """Bound as one who could: it is the bridge that refuses, by name and by anchor, whatever is asked."""
    before = powerful.read(ObjectRef(kind, name=Name(name)))
    _is_never_touched(powerful, before.ref)
    assert powerful.read(before.ref) == before


def test_a_domain_controller_is_never_touched(active_directory_server: ActiveDirectoryServer, opened: Opened):
    machine = {"structural_class": "computer", "naming_attribute": "cn", "base": "DC=lab,DC=test"}
    connector = ad.administrator(active_directory_server, object_types={"user": machine})
    with opened(connector) as harness:
        ref = harness.read(ObjectRef(ad.USER, name=Name("CN=DC1,OU=Domain Controllers,DC=lab,DC=test"))).ref
        _is_never_touched(harness, ref)


@pytest.mark.parametrize(
    ("attribute", "mark"), [("adminCount", 1), ("msDS-ExternalDirectoryObjectId", f"User_{uuid.uuid4()}")]
)
def test_what_is_marked_is_never_touched(harness: Harness, powerful: Harness, attribute: str, mark: Any):
    ref = harness.create(USER, harness.label(), {attribute: (mark,)})
    before = powerful.read(ref)
    _is_never_touched(powerful, ref)
    assert rejected(powerful.change(ref, attribute, DeltaKind.REPLACE), "permission_denied"), "nor is the mark"
    assert powerful.read(ref) == before


def test_our_own_account_is_never_touched(active_directory_server: ActiveDirectoryServer, opened: Opened):
    wide = {"object_types": {"user": {**ad.OBJECT_TYPES["user"], "base": "DC=lab,DC=test"}}}
    with opened(ad.connector(active_directory_server, **wide)) as harness:
        ref = harness.read(ObjectRef(ad.USER, name=Name(active_directory_server.account))).ref
        _is_never_touched(harness, ref)


def _is_never_touched(harness: Harness, ref: ObjectRef) -> None:
    elsewhere = Name(f"CN={harness.label()},OU=Former,DC=lab,DC=test")
    for address in (ref, by_name(ref), by_anchor(ref)):
        for body in (Delete(), Rename(elsewhere), SetPassword(PASSWORD), ChangePassword(PASSWORD, OTHER)):
            assert rejected(harness.send(address, body), "permission_denied"), body
        for attribute, kind in (("description", DeltaKind.REPLACE), ("info", DeltaKind.ADD)):
            outcome = harness.change(address, attribute, kind, "changed")
            if attribute in harness.adapter.schema().object_types[ref.object_type].attributes:
                assert rejected(outcome, "permission_denied"), outcome
    assert rejected(harness.send(by_name(ref), Create({})), "already_exists", "permission_denied")
