"""The LDAP adapter keeps the contract, on a real Active Directory domain controller, by Samba."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ADAPTER
from bridge.sdk import Secret
from bridge.sdk.testing.contract import Connector, Nul, ObjectSample, ReferenceSample, SampleObjects, contract_suite
from tests.support import active_directory as ad
from tests.support import kerberos as by_kerberos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.containers import ActiveDirectoryServer

SAMPLE = SampleObjects(
    object=ObjectSample(object_type=ad.USER, name=ad.user),
    text="info",
    many="otherTelephone",
    values={
        "givenName": ("Åsa",),
        "gidNumber": (-5,),
        "maxStorage": (2**62,),
        "jpegPhoto": (b"\x00\xff" * 1000,),
    },
    illegal={
        "displayName": ("one", "two"),
        "gidNumber": ("five",),
        "enabled": (1,),
        "jpegPhoto": ("text",),
        "givenName": ("",),
        "unicodePwd": (Secret("through the back door"),),
        "password": (Secret("Correct horse battery 1"), Secret("Staple of the other one 2")),
    },
    ordered="uidNumber",
    reference=ReferenceSample(holder=ObjectSample(object_type=ad.GROUP, name=ad.group), attribute="member"),
    nul=Nul.KEPT,
    password=Secret("Correct horse battery 1"),
    other_password=Secret("Staple of the other one 2"),
    bad_password=Secret("sh0rt"),
    # Samba takes no equals sign in a DN's value unless it is escaped.
    refused_names=frozenset({"a=b"}),
)


@pytest.fixture
def directory(active_directory_server: ActiveDirectoryServer) -> Connector:
    return ad.connector(active_directory_server)


@pytest.fixture
def nobody_there(active_directory_server: ActiveDirectoryServer) -> Connector:
    return ad.connector(active_directory_server, urls=["ldaps://localhost:9"])


@pytest.fixture
def break_target(active_directory_server: ActiveDirectoryServer) -> Iterator[Callable[[], None]]:
    yield active_directory_server.container.kill
    active_directory_server.container.start()


@pytest.fixture
def sealed(active_directory_server: ActiveDirectoryServer, kerberos: None) -> Connector:
    """Bound by Kerberos, and encrypted by its session instead of TLS."""
    return by_kerberos.sealed(active_directory_server)


TestActiveDirectoryByKerberos = contract_suite(
    spec=ADAPTER, connector="sealed", sample=SAMPLE, unreachable="nobody_there", break_target="break_target"
)
TestActiveDirectory = contract_suite(
    spec=ADAPTER, connector="directory", sample=SAMPLE, unreachable="nobody_there", break_target="break_target"
)
