"""An LDAP connector for the test directory: its settings, its secrets, and names for its objects."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import ldap3

from bridge.sdk import Name, ObjectType, Secret
from bridge.sdk.testing.contract import Connector
from tests.support.ldap_names import name_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.containers import Ds389Server, OpenLdapServer

USER = ObjectType("user")
GROUP = ObjectType("group")
PEOPLE = "ou=people,dc=lab,dc=test"
GROUPS = "ou=groups,dc=lab,dc=test"
ACCOUNT = "cn=bridge,dc=lab,dc=test"
ACCOUNT_PASSWORD = "bridge-secret"
SECRETS = {"file:/account": ACCOUNT_PASSWORD, "file:/wrong": "not the password"}

OBJECT_TYPES: dict[str, Any] = {
    "user": {
        "structural_class": "inetOrgPerson",
        "auxiliary_classes": ["posixAccount"],
        "naming_attribute": "uid",
        "base": PEOPLE,
        "enabled": {"attribute": "pwdAccountLockedTime", "disabled_value": "000001010000Z"},
    },
    "group": {"structural_class": "groupOfNames", "naming_attribute": "cn", "base": GROUPS},
}


def settings(server: OpenLdapServer, **changed: Any) -> dict[str, Any]:
    """The settings of a connector that binds over TLS as an account with rights of its own."""
    return {
        "urls": [f"ldaps://{server.tls_name}:{server.tls_port}"],
        "tls": {"ca_file": str(server.ca_pem)},
        "bind": {"method": "simple", "dn": ACCOUNT, "password": "file:/account"},
        "base": server.base_dn,
        "object_types": OBJECT_TYPES,
        **changed,
    }


def connector(server: OpenLdapServer, **changed: Any) -> Connector:
    return Connector(settings(server, **changed), resolve_secret=lambda reference: Secret(SECRETS[reference]))


def ds389(server: Ds389Server, **changed: Any) -> Connector:
    """The same connector for 389 Directory Server, which keeps `enabled` where it always does."""
    # Named by cn: the server takes only ASCII for a uid.
    types = {"user": {**OBJECT_TYPES["user"], "naming_attribute": "cn"}, "group": OBJECT_TYPES["group"]}
    del types["user"]["enabled"]
    config = {
        "urls": [f"ldaps://{server.tls_name}:{server.tls_port}"],
        "tls": {"ca_file": str(server.ca_pem)},
        "bind": {"method": "simple", "dn": ACCOUNT, "password": "file:/account"},
        "base": server.base_dn,
        "object_types": types,
        **changed,
    }
    return Connector(config, resolve_secret=lambda reference: Secret(SECRETS[reference]))


class VerifiedTls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """For ldap3, the test's own client, which verifies nothing unless told: chain and name, verified by OpenSSL."""

    def __init__(self, ca_pem: Path) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED, version=ssl.PROTOCOL_TLS_CLIENT)
        self._context = tls_context(ca_pem)

    def wrap_socket(self, connection: ldap3.Connection, **_options: bool) -> None:
        """Called by ldap3 after the connect."""
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=connection.server.host)


def tls_context(ca_pem: Path) -> ssl.SSLContext:
    """For a client of the test's own that trusts the target's authority."""
    context = ssl.create_default_context(cafile=ca_pem)
    # As the adapter: 389-ds makes its certificate without a field on which Python 3.13 insists.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def user(label: str) -> Name:
    return Name(name_of("uid", label, PEOPLE))


def person(label: str) -> Name:
    return Name(name_of("cn", label, PEOPLE))


def posix_person(label: str) -> dict[str, tuple[Any, ...]]:
    """The least that the directory demands of a user who is named by cn."""
    return {**posix(label), "uid": (label.encode("ascii", "ignore").decode(),)}


def group(label: str) -> Name:
    return Name(name_of("cn", label, GROUPS))


def posix(label: str) -> dict[str, tuple[Any, ...]]:
    """The least that the directory demands of a user."""
    return {"cn": (label,), "sn": (label,), "uidNumber": (1000,), "gidNumber": (1000,), "homeDirectory": ("/nowhere",)}
