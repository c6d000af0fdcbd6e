"""The LDAP adapter keeps the contract, on a real 389 Directory Server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ADAPTER
from bridge.sdk import Secret
from bridge.sdk.testing.contract import Connector, Nul, ObjectSample, ReferenceSample, SampleObjects, contract_suite
from tests.support import ldap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.containers import Ds389Server

_USER = ObjectSample(object_type=ldap.USER, name=ldap.person, attributes=ldap.posix_person)

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
        "givenName": ("",),
        "userPassword": (Secret("through the back door"),),
    },
    ordered="uidNumber",
    reference=ReferenceSample(holder=ObjectSample(object_type=ldap.GROUP, name=ldap.group), attribute="member"),
    nul=Nul.KEPT,
    password=Secret("correct horse battery"),
    other_password=Secret("staple of the other one"),
    bad_password=Secret("sh0rt"),
)


@pytest.fixture
def directory(ds389_server: Ds389Server) -> Connector:
    return ldap.ds389(ds389_server)


@pytest.fixture
def nobody_there(ds389_server: Ds389Server) -> Connector:
    return ldap.ds389(ds389_server, urls=["ldaps://localhost:9"])


@pytest.fixture
def break_target(ds389_server: Ds389Server) -> Iterator[Callable[[], None]]:
    yield ds389_server.container.kill
    ds389_server.container.start()


TestDs389 = contract_suite(
    spec=ADAPTER, connector="directory", sample=SAMPLE, unreachable="nobody_there", break_target="break_target"
)
