"""A server that is not reached is told with host, port and reason; of several, each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ADAPTER
from bridge.sdk import ConnectionFailedError, Secret
from bridge.sdk.testing.contract import Connector
from tests.support import ldap
from tests.support.silent_port import closed_port, silent_port

if TYPE_CHECKING:
    from tests.support.containers import OpenLdapServer


def failure(*urls: str) -> str:
    settings = {
        "urls": list(urls),
        "bind": {"method": "simple", "dn": ldap.ACCOUNT, "password": "file:/account"},
        "base": "dc=lab,dc=test",
        "connect_timeout_seconds": 1,
        "object_types": ldap.OBJECT_TYPES,
    }
    adapter = Connector(settings, resolve_secret=lambda _: Secret(ldap.ACCOUNT_PASSWORD)).adapter(ADAPTER)
    with pytest.raises(ConnectionFailedError) as raised:
        adapter.open()
    assert ldap.ACCOUNT_PASSWORD not in raised.value.message
    return raised.value.message


def test_a_port_that_refuses_and_a_name_that_does_not_exist():
    port = closed_port()
    told = failure(f"ldaps://127.0.0.1:{port}", "ldaps://nowhere.invalid")
    first, second = told.split("; ")
    assert first.startswith(f"127.0.0.1:{port}: no connection: refused")
    assert second.startswith("nowhere.invalid:636: no connection: the name is not resolved")


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_a_server_that_is_silent(scheme: str):
    with silent_port() as port:
        told = failure(f"{scheme}://127.0.0.1:{port}")
    assert told.startswith(f"127.0.0.1:{port}: no connection: timed out")


@pytest.mark.service
def test_a_certificate_that_is_not_trusted(openldap_server: OpenLdapServer):
    told = failure(f"ldaps://{openldap_server.tls_name}:{openldap_server.tls_port}")
    place = f"{openldap_server.tls_name}:{openldap_server.tls_port}"
    assert told.startswith(f"{place}: no connection: the server's certificate is not trusted")
