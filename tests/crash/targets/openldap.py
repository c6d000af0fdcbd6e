"""OpenLDAP, whose accesslog overlay writes down every write that succeeded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ldap3

from tests.crash.checker import Asked, Effect, Repeat
from tests.crash.targets.target import RETRIES
from tests.crash.workload import Vocabulary
from tests.support import ldap

if TYPE_CHECKING:
    from tests.support.containers import OpenLdapServer

_ATTRIBUTES = ["reqStart", "reqType", "reqDN", "reqMod", "reqNewRDN"]
# Optional members, unlike those of a groupOfNames, and no plug-in of the server that changes them by itself.
_GROUP = {"structural_class": "organizationalRole", "naming_attribute": "cn", "base": ldap.GROUPS}


class OpenLdapTarget:
    name = "ldap"
    vocabulary = Vocabulary(
        user=ldap.user,
        group=ldap.group,
        attributes=ldap.posix,
        group_attributes=lambda label: {"description": (label,)},
        counter="employeeNumber",
        count=str,
        values="title",
        member="roleOccupant",
        password=Repeat.HARMLESS,
    )

    def __init__(self, server: OpenLdapServer, directory: Path) -> None:
        self._server = server
        secret = directory / "account"
        secret.touch(mode=0o600)
        secret.write_text(ldap.ACCOUNT_PASSWORD)
        self._settings = ldap.settings(
            server,
            bind={"method": "simple", "dn": ldap.ACCOUNT, "password": f"file:{secret}"},
            object_types=ldap.OBJECT_TYPES | {"group": _GROUP},
        )

    def connector(self) -> Mapping[str, Any]:
        return {"adapter": "ldap", "settings": self._settings, **RETRIES}

    def record(self, asked: Sequence[Asked]) -> Sequence[Effect]:
        lanes = {each.lane for each in asked}
        effects = [effect for entry in self._log() for effect in _effects(entry)]
        return [effect for effect in effects if effect.lane in lanes]

    def _log(self) -> list[dict[str, Any]]:
        """The log's entries in the server's order; `reqStart` is unique and sorts as text."""
        server = ldap3.Server(self._server.host, self._server.port)
        # Bound by the block itself: ldap3 leaves a connection open that was bound before.
        with ldap3.Connection(server, self._server.admin_dn, self._server.admin_password) as connection:
            found = connection.extend.standard.paged_search(
                "cn=accesslog", "(objectClass=auditWriteObject)", attributes=_ATTRIBUTES, paged_size=1000
            )
            entries = [each["raw_attributes"] for each in found if each["type"] == "searchResEntry"]
        return sorted(entries, key=lambda entry: entry["reqStart"][0])


def _effects(entry: Mapping[str, list[bytes]]) -> Iterator[Effect]:
    lane = _label(entry["reqDN"][0].decode()).removesuffix("-renamed")
    match entry["reqType"][0]:
        case b"add":
            yield Effect(lane, "create")
        case b"modify":
            for each in entry["reqMod"]:
                attribute, _, change = each.decode(errors="replace").partition(":")
                yield from (Effect(lane, what) for what in _modified(attribute, change))
        case b"modrdn":
            yield Effect(lane, f"rename {_label(entry['reqNewRDN'][0].decode())}")
        case b"delete":
            yield Effect(lane, "delete")


def _modified(attribute: str, change: str) -> Iterator[str]:
    """A modification is written down as ``attribute:= value`` or ``attribute:+ value``, each value by itself."""
    match attribute:
        case "employeeNumber":
            yield f"count {_value(change)}"
        case "title":
            yield f"value {_value(change)}"
        case "roleOccupant":
            yield f"member {_label(_value(change))}"
        case "userPassword":
            yield "password"


def _value(text: str) -> str:
    return text[1:].strip()


def _label(name: str) -> str:
    return name.partition(",")[0].partition("=")[2]
