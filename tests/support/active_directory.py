"""An LDAP connector for the test domain: its settings, its secrets, and names for its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.sdk import Name, ObjectType, Secret
from bridge.sdk.testing.contract import Connector
from tests.support.ldap_names import name_of

if TYPE_CHECKING:
    from tests.support.containers import ActiveDirectoryServer

USER = ObjectType("user")
GROUP = ObjectType("group")
PEOPLE = "OU=People,DC=lab,DC=test"
GROUPS = "OU=Groups,DC=lab,DC=test"
FORMER = "OU=Former,DC=lab,DC=test"
USER_PASSWORD = "Correct horse battery 1"

OBJECT_TYPES: dict[str, Any] = {
    "user": {"structural_class": "user", "naming_attribute": "cn", "base": PEOPLE},
    "group": {"structural_class": "group", "naming_attribute": "cn", "base": GROUPS},
}


def connector(server: ActiveDirectoryServer, **changed: Any) -> Connector:
    """A connector that binds as an account with rights on the three units alone."""
    config = {
        "urls": [f"ldaps://{server.tls_name}:{server.tls_port}"],
        "tls": {"ca_file": str(server.ca_pem)},
        "bind": {"method": "simple", "dn": server.account, "password": "file:/account"},
        "base": server.base_dn,
        "object_types": OBJECT_TYPES,
        **changed,
    }
    secrets = {
        "file:/account": server.account_password,
        "file:/administrator": server.admin_password,
        "file:/user": USER_PASSWORD,
    }
    return Connector(config, resolve_secret=lambda reference: Secret(secrets[reference]))


def administrator(server: ActiveDirectoryServer, **changed: Any) -> Connector:
    """A connector that may do everything in the domain: what it is refused, the bridge itself refuses."""
    bind = {"method": "simple", "dn": server.admin_dn, "password": "file:/administrator"}
    everywhere = {name: {**each, "base": server.base_dn} for name, each in OBJECT_TYPES.items()}
    return connector(server, **{"bind": bind, "object_types": everywhere, **changed})


def user(label: str) -> Name:
    return Name(name_of("CN", label, PEOPLE))


def group(label: str) -> Name:
    return Name(name_of("CN", label, GROUPS))
