"""The LDAP adapter keeps the contract, on a real OpenLDAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ADAPTER
from bridge.sdk import Secret
from bridge.sdk.testing.contract import Connector, Nul, ObjectSample, ReferenceSample, SampleObjects, contract_suite
from tests.support import ldap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.containers import OpenLdapServer

_USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)

SAMPLE = SampleObjects(
    object=_USER,
    text="description",
    many="title",
    values={
        "givenName": ("Åsa", "asa"),
        "gecos": ("ASCII only",),
        "gidNumber": (-5,),
        "audio": (b"\x00\xff" * 1000,),
    },
    illegal={
        "displayName": ("one", "two"),
        "gidNumber": ("five",),
        "enabled": (1,),
        "audio": ("text",),
        "mail": ("é",),
        "givenName": ("",),
        "userPassword": (Secret("through the back door"),),
    },
    ordered="uidNumber",
    # A group cannot be without members in this class, so the contract's empty holder is a user.
    reference=ReferenceSample(holder=_USER, attribute="seeAlso"),
    nul=Nul.KEPT,
    password=Secret("correct horse battery"),
    other_password=Secret("staple of the other one"),
    bad_password=Secret("sh0rt"),
)


@pytest.fixture
def directory(openldap_server: OpenLdapServer) -> Connector:
    return ldap.connector(openldap_server)


@pytest.fixture
def nobody_there(openldap_server: OpenLdapServer) -> Connector:
    return ldap.connector(openldap_server, urls=["ldaps://localhost:9"])


@pytest.fixture
def break_target(openldap_server: OpenLdapServer) -> Iterator[Callable[[], None]]:
    yield openldap_server.container.kill
    openldap_server.container.start()


TestLdap = contract_suite(
    spec=ADAPTER, connector="directory", sample=SAMPLE, unreachable="nobody_there", break_target="break_target"
)
