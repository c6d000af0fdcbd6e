"""The other sources of changes keep the contract of delta imports too: OpenLDAP's access log, uSNChanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ADAPTER
from bridge.sdk.testing.contract import contract_suite
from tests.contract.test_ldap import SAMPLE as OPENLDAP
from tests.contract.test_ldap_active_directory import SAMPLE as ACTIVE_DIRECTORY
from tests.support import active_directory as ad
from tests.support import ldap

if TYPE_CHECKING:
    from bridge.sdk.testing.contract import Connector, SampleObjects
    from tests.support.containers import ActiveDirectoryServer, OpenLdapServer


@pytest.fixture
def by_accesslog(openldap_server: OpenLdapServer) -> Connector:
    return ldap.connector(openldap_server, change_source="accesslog")


@pytest.fixture
def by_usn(active_directory_server: ActiveDirectoryServer) -> Connector:
    return ad.connector(active_directory_server, change_source="usn_changed")


def _of_changes(connector: str, sample: SampleObjects) -> type:
    """The part of the contract that the source has to do with."""
    suite = contract_suite(spec=ADAPTER, connector=connector, sample=sample)
    return type("Contract", (), {name: test for name, test in vars(suite).items() if name.startswith("TestChanges")})


TestAccesslog = _of_changes("by_accesslog", OPENLDAP)
TestUsnChanged = _of_changes("by_usn", ACTIVE_DIRECTORY)
