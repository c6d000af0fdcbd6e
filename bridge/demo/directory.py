"""An OpenLDAP server in a container as a second target: its connector, and what slapcat says of it.

Used by `scenario` with ``--ldap``. The server is that of the tests, so this works in a checkout only. It is read back
by slapcat inside the container, and its writes are counted in the access log that the server itself keeps.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bridge.demo.comparison import Content, Holding, Write
from bridge.demo.ledger import AS_ASKED, GROUP, MEMBER, PASSWORD, USER, Cascade
from bridge.demo.population import Person
from bridge.model.attributes import ENABLED
from bridge.model.errors import ConfigurationError
from bridge.model.identity import ConnectorName, Name, ObjectType, unescaped
from bridge.model.secrets import Secret

if TYPE_CHECKING:
    from tests.support.containers import OpenLdapServer

Entry = Mapping[str, tuple[str, ...]]
"""Attributes of one LDIF record, names in lower case."""

_BASE: Final = "dc=lab,dc=test"
_PEOPLE: Final = f"ou=people,{_BASE}"
_FORMER: Final = f"ou=former,{_BASE}"
_GROUPS: Final = f"ou=groups,{_BASE}"
_ACCOUNT: Final = f"cn=bridge,{_BASE}"
_ACCOUNT_SECRET: Final = "bridge-secret"  # noqa: S105 - of a throw-away server on loopback
_LOCKED: Final = "pwdAccountLockedTime"

_OBJECT_TYPES: Final = {
    USER: {
        "structural_class": "inetOrgPerson",
        "naming_attribute": "uid",
        "base": _BASE,
        "enabled": {"attribute": _LOCKED, "disabled_value": "000001010000Z"},
    },
    GROUP: {"structural_class": "groupOfNames", "naming_attribute": "cn", "base": _GROUPS},
}
_CLASSES: Final = {"inetOrgPerson": USER, "groupOfNames": GROUP}
_READ: Final = {
    USER: ("cn", "sn", "givenName", "mail", "title", "telephoneNumber", "manager"),
    GROUP: (MEMBER,),
}
_DN_VALUED: Final = {"manager", MEMBER}
_SALTED_SHA1: Final = "{SSHA}"
_SHA1_SIZE: Final = 20


class DirectoryForm:
    """The workload in a directory's words: names are DNs, and a rename moves as well."""

    connector: Final = ConnectorName("directory")
    one_by_one: Final = frozenset({MEMBER})
    cascade: Final = Cascade.SILENT
    phone: Final = "telephoneNumber"
    illegal: Final = ("mail", "é@example.org")

    def plain(self, name: str) -> str:
        return unescaped(name)

    def user(self, label: str) -> Name:
        return Name(f"uid={_escaped(label)},{_PEOPLE}")

    def moved_user(self, label: str) -> Name:
        return Name(f"uid={_escaped(label)},{_FORMER}")

    def group(self, label: str) -> Name:
        return Name(f"cn={_escaped(label)},{_GROUPS}")

    def attributes(self, person: Person) -> Mapping[str, tuple[str | bool, ...]]:
        return {
            "cn": (person.display,),
            "sn": (person.family,),
            "givenName": (person.given,),
            "mail": (person.mail,),
            ENABLED: (True,),
        }


class Directory:
    """The running server."""

    form: Final = DirectoryForm()

    def __init__(self, server: OpenLdapServer, secret: Path) -> None:
        self._server = server
        self._secret = secret
        secret.touch(mode=0o600)
        secret.write_text(_ACCOUNT_SECRET, encoding="utf-8")

    @property
    def connector(self) -> Mapping[str, Any]:
        """The connector's part of the bridge's configuration."""
        return {
            "adapter": "ldap",
            "settings": {
                "urls": [f"ldaps://{self._server.tls_name}:{self._server.tls_port}"],
                "tls": {"ca_file": str(self._server.ca_pem)},
                "bind": {"method": "simple", "dn": _ACCOUNT, "password": f"file:{self._secret}"},
                "base": _BASE,
                "object_types": _OBJECT_TYPES,
            },
        }

    def read(self, passwords: Mapping[tuple[str, str], Secret]) -> Content:
        """All of it. A password reads as asked if the hash that is there is that password's."""
        holdings = (_holding(entry, passwords) for entry in self._slapcat(_BASE))
        writes = (write for entry in self._slapcat("cn=accesslog") for write in _writes(entry))
        return Content(tuple(each for each in holdings if each is not None), Counter(writes))

    def _slapcat(self, suffix: str) -> Iterator[Entry]:
        command = f"slapcat -f /run/slapd.conf -o ldif-wrap=no -b {suffix} 2>/dev/null"
        return _entries(self._server.container.run("sh", "-c", command).decode())


@contextmanager
def openldap() -> Iterator[Directory]:
    """A server of its own, gone afterwards. ConfigurationError says what is missing for one."""
    try:
        from tests.support import containers  # noqa: PLC0415 - in a checkout only
        from tests.support.engine import EngineUnavailableError  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ConfigurationError(
            f"--ldap works in a checkout, with its test packages installed: run make demo LDAP=1 there ({error})"
        ) from None
    try:
        with containers.openldap() as server:
            yield Directory(server, server.ca_pem.with_name("account.secret"))
    except EngineUnavailableError as error:
        raise ConfigurationError(f"--ldap needs a container engine: {error}") from None


def _entries(ldif: str) -> Iterator[Entry]:
    for record in ldif.split("\n\n"):
        entry: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for line in filter(None, record.splitlines()):
            name, _, value = line.partition(":")
            encoded = value.startswith(":")
            text = base64.b64decode(value[1:]).decode(errors="backslashreplace") if encoded else value.removeprefix(" ")
            entry[name.lower()] += (text,)
        if entry:
            yield entry


def _holding(entry: Entry, passwords: Mapping[tuple[str, str], Secret]) -> Holding | None:
    kind = _kind(entry)
    if kind is None:
        return None
    name = unescaped(entry["dn"][0])
    attributes = {each: entry.get(each.lower(), ()) for each in _READ[kind]}
    if kind == USER:
        attributes[ENABLED] = ("false" if entry.get(_LOCKED.lower()) else "true",)
        attributes[PASSWORD] = tuple(
            _password(each, passwords.get((USER, name))) for each in entry.get("userpassword", ())
        )
    return Holding(
        kind,
        name,
        {key: tuple(sorted(_texts(key, values))) for key, values in attributes.items() if values},
    )


def _kind(entry: Entry) -> ObjectType | None:
    return next((_CLASSES[each] for each in entry["objectclass"] if each in _CLASSES), None)


def _texts(attribute: str, values: tuple[str, ...]) -> Iterator[str]:
    return (unescaped(each) if attribute in _DN_VALUED else each for each in values)


def _writes(entry: Entry) -> Iterator[Write]:
    """What the access log says that our account did; what overlays do in its wake has another author."""
    if entry.get("reqauthzid") != (_ACCOUNT,) or entry["reqresult"] != ("0",):
        return
    dn = entry["reqdn"][0]
    match entry["reqtype"][0]:
        case "add":
            yield _write(dn, "create")
            yield from _member_writes(dn, entry)
        case "modify" if _kind_of(dn) == GROUP:
            yield from _member_writes(dn, entry)
        case "modify":
            secret = any(each.startswith("userPassword:") for each in entry["reqmod"])
            yield _write(dn, PASSWORD if secret else "change")
        case "modrdn":
            parent = entry.get("reqnewsuperior") or (dn.partition(",")[2],)
            yield _write(f"{entry['reqnewrdn'][0]},{parent[0]}", "rename")
        case other:
            yield _write(dn, other)


def _member_writes(dn: str, entry: Entry) -> Iterator[Write]:
    for each in entry["reqmod"]:
        attribute, _, change = each.partition(":")
        if attribute == MEMBER:
            yield _write(dn, f"{MEMBER} {change[0]} {unescaped(change[2:])}")


def _write(dn: str, what: str) -> Write:
    return Write(_kind_of(dn), unescaped(dn), what)


def _kind_of(dn: str) -> ObjectType:
    return GROUP if dn.endswith(f",{_GROUPS}") else USER


def _password(stored: str, asked: Secret | None) -> str:
    if asked is None or not stored.startswith(_SALTED_SHA1):
        return "not asked for"
    raw = base64.b64decode(stored.removeprefix(_SALTED_SHA1))
    digest, salt = raw[:_SHA1_SIZE], raw[_SHA1_SIZE:]
    computed = hashlib.sha1(asked.reveal().encode() + salt, usedforsecurity=False).digest()
    return AS_ASKED if computed == digest else "another one"


def _escaped(value: str) -> str:
    """A value as it may stand in a DN (RFC 4514 §2.4)."""
    text = re.sub(r'(["+,;<>\\])', r"\\\1", value)
    text = re.sub(r"^([# ])", r"\\\1", text)
    return re.sub(r" $", r"\\ ", text)
