"""What is written to: the connectors by name, and the operations that each is given."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any, assert_never

from bridge.model.attributes import AttributeDelta, DeltaKind, Values
from bridge.model.identity import CallerName, ConnectorName, Name, ObjectRef, ObjectType, OperationId
from bridge.model.operations import Body, Create, Delete, Operation, Rename, Update
from tests.bench.bridge import CALLER
from tests.bench.slapd import Slapd

USER, GROUP = ObjectType("user"), ObjectType("group")
ARCHIVE = f"ou=archive,{Slapd.base}"

_TABLE = """
PRAGMA journal_mode = WAL;
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    login VARCHAR(200) NOT NULL UNIQUE,
    display_name VARCHAR(200),
    given_name VARCHAR(200),
    surname VARCHAR(200),
    mail VARCHAR(200),
    employee_number INTEGER
);
"""


class Target(StrEnum):
    """A target; its connector has the same name."""

    MEMORY = "memory"
    SQLITE = "sqlite"
    DIRECTORY = "directory"
    SECURE_DIRECTORY = "secure"


class Kind(StrEnum):
    """What a load asks for. In a directory the kinds come one after the other, on the same people."""

    CREATE = "create"
    MODIFY = "modify"
    MEMBER = "member"
    MOVE = "move"
    DELETE = "delete"
    MORE = "more"
    """Members of a group that is large already."""


def memory() -> dict[str, Any]:
    return {"adapter": "memory"}


def sqlite(file: Path) -> dict[str, Any]:
    """A new database with one table. SQLite takes one writer at a time, hence one worker."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(_TABLE)
    user = {"table": "person", "name": "login"}
    return {
        "adapter": "sql",
        "workers": 1,
        "settings": {"url": f"sqlite:///{file}", "object_types": {USER: user}},
    }


def directory(server: Slapd) -> dict[str, Any]:
    """Spoken to in clear, as the limit is: what is compared is the provisioning, not the TLS libraries."""
    return _ldap(server.url, {"method": "simple", "dn": server.admin_dn, "password": f"file:{server.password_file}"})


def secure_directory(server: Slapd) -> dict[str, Any]:
    """The same server by TLS."""
    connector = directory(server)
    connector["settings"] |= {"urls": [server.tls_url], "tls": {"ca_file": str(server.ca_file)}}
    return connector


def unreachable() -> dict[str, Any]:
    """Nothing listens on the discard port: what is accepted stays pending."""
    return _ldap("ldapi://%2Fnonexistent%2Fldapi", {"method": "external"})


def _ldap(url: str, bind: dict[str, str]) -> dict[str, Any]:
    user = {"structural_class": "inetOrgPerson", "naming_attribute": "uid", "base": Slapd.base}
    group = {"structural_class": "groupOfNames", "naming_attribute": "cn", "base": Slapd.base}
    return {
        "adapter": "ldap",
        "settings": {
            "urls": [url],
            "protection": "none",
            "bind": bind,
            "base": Slapd.base,
            "object_types": {USER: user, GROUP: group},
        },
    }


def operations(target: Target, kind: Kind, label: str, count: int) -> Iterator[Operation]:
    """`label` keeps names and ids of one load apart from all others of a run."""
    for number in range(count):
        ref, body = _asked(target, kind, label, number)
        identity = OperationId(f"{label}-{kind}-{number:08}"), CallerName(CALLER), ConnectorName(target)
        yield Operation(*identity, ref, body)


def _asked(target: Target, kind: Kind, label: str, number: int) -> tuple[ObjectRef, Body]:
    login = f"{label}-{number}"
    if target not in {Target.DIRECTORY, Target.SECURE_DIRECTORY}:
        return ObjectRef(USER, name=Name(login)), Create(_person(login, number))
    person = ObjectRef(USER, name=Name(f"uid={login},{Slapd.base}"))
    archived = Name(f"uid={login},{ARCHIVE}")
    match kind:
        case Kind.CREATE:
            return person, Create(_entry(login))
        case Kind.MODIFY:
            return person, Update((AttributeDelta("displayName", DeltaKind.REPLACE, ("Changed",)),))
        case Kind.MEMBER:
            body: Body = Update((AttributeDelta("member", DeltaKind.ADD, (person,)),))
            return _group(label), body if number else Create({"member": (person,)})
        case Kind.MORE:
            return big_group(label), Update((AttributeDelta("member", DeltaKind.ADD, (person,)),))
        case Kind.MOVE:
            return person, Rename(archived)
        case Kind.DELETE:
            return ObjectRef(USER, name=archived), Delete()
    assert_never(kind)


def big_group(label: str) -> ObjectRef:
    return ObjectRef(GROUP, name=Name(f"cn=big-{label},{Slapd.base}"))


def _group(label: str) -> ObjectRef:
    return ObjectRef(GROUP, name=Name(f"cn={label},{Slapd.base}"))


def _person(login: str, number: int) -> dict[str, Values]:
    return {
        "display_name": (f"Person {login}",),
        "given_name": ("Per",),
        "surname": (login,),
        "mail": (f"{login}@lab.test",),
        "employee_number": (number,),
    }


def _entry(login: str) -> dict[str, Values]:
    """The same as tests/bench/pipelined.py writes."""
    return {
        "cn": (f"Person {login}",),
        "displayName": (f"Person {login}",),
        "givenName": ("Per",),
        "sn": (login,),
        "mail": (f"{login}@lab.test",),
    }
