"""Each source of changes on its real server: connectors that import by it, and names for objects to change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bridge.sdk import (
    ENABLED,
    Applied,
    Attributes,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Secret,
    SetPassword,
)
from bridge.sdk.testing.contract import Connector, Harness, ObjectSample
from tests.support import active_directory as ad
from tests.support import ldap
from tests.support.ldap_names import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

    from tests.support.containers import Container

UNIT = ObjectType("unit")
ON = (True,)
SOURCES = ("syncrepl", "accesslog", "retro_changelog", "dirsync", "usn_changed")
_SERVERS = {
    "syncrepl": "openldap_server",
    "accesslog": "openldap_server",
    "retro_changelog": "ds389_server",
    "dirsync": "active_directory_server",
    "usn_changed": "active_directory_server",
}


@dataclass(frozen=True)
class Lab:
    """One server and one source. `people` and `groups` are in scope, `former` is not."""

    source: str
    server: Any
    make: Callable[..., Connector]
    types: dict[str, Any]
    naming: str
    least: Callable[[str], Attributes]
    people: str
    groups: str
    former: str

    @property
    def container(self) -> Container:
        found: Container = self.server.container
        return found

    def connector(self, **changed: Any) -> Connector:
        return self.make(self.server, **{"change_source": self.source, **changed})

    def everywhere(self) -> Connector:
        """Somebody else's, whose objects may lie anywhere, containers too."""
        base = self.server.base_dn
        user = {**self.types["user"], "base": base}
        unit = {"structural_class": "organizationalUnit", "naming_attribute": "ou", "base": base}
        return self.make(self.server, object_types={"user": user, "unit": unit})

    def as_ordinary_account(self, account: ObjectRef, password: Secret) -> Connector:
        """The same connector, bound as an account without any right of the bridge's."""
        bind = {"method": "simple", "dn": str(account.name), "password": "file:/ordinary"}
        return replace(self.connector(bind=bind), resolve_secret=lambda _: password)

    def user(self, parent: str = "") -> ObjectSample:
        return self._sample(ldap.USER, self.naming, parent or self.people, self.least)

    def group(self, members: Iterable[ObjectRef]) -> ObjectSample:
        held = tuple(members)
        return self._sample(ldap.GROUP, "cn", self.groups, lambda _: {"member": held})

    def unit(self, parent: str) -> ObjectSample:
        return self._sample(UNIT, "ou", parent, lambda _: {})

    def name(self, label: str, parent: str) -> Name:
        return Name(name_of(self.naming, label, parent))

    def _sample(self, kind: ObjectType, naming: str, parent: str, least: Callable[[str], Attributes]) -> ObjectSample:
        return ObjectSample(object_type=kind, name=lambda label: Name(name_of(naming, label, parent)), attributes=least)


def lab(request: pytest.FixtureRequest, source: str) -> Lab:
    server = request.getfixturevalue(_SERVERS[source])
    if _SERVERS[source] == "active_directory_server":
        return Lab(source, server, ad.connector, ad.OBJECT_TYPES, "CN", lambda _: {}, ad.PEOPLE, ad.GROUPS, ad.FORMER)
    former = f"ou=former,{server.base_dn}"
    if _SERVERS[source] == "openldap_server":
        places = (ldap.PEOPLE, ldap.GROUPS, former)
        return Lab(source, server, ldap.connector, ldap.OBJECT_TYPES, "uid", ldap.posix, *places)
    types = {"user": {**ldap.OBJECT_TYPES["user"], "naming_attribute": "cn"}}
    del types["user"]["enabled"]
    return Lab(source, server, ldap.ds389, types, "cn", ldap.posix_person, ldap.PEOPLE, ldap.GROUPS, former)


def with_password(harness: Harness, ref: ObjectRef, password: Secret) -> ObjectRef:
    """Lets the object log in."""
    assert isinstance(harness.send(ref, SetPassword(password)), Applied)
    if ENABLED in harness.read(ref).attributes:
        harness.change(ref, ENABLED, DeltaKind.REPLACE, *ON)
    return ref
