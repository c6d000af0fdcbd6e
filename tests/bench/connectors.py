"""What is written to: the connectors by name, and the operations that each is given."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any

from bridge.model.attributes import Values
from bridge.model.identity import CallerName, ConnectorName, Name, ObjectRef, ObjectType, OperationId
from bridge.model.operations import Create, Operation
from tests.bench.bridge import CALLER
from tests.bench.slapd import Slapd

USER = ObjectType("user")

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


def unreachable() -> dict[str, Any]:
    """Nothing listens on the discard port: what is accepted stays pending."""
    return _ldap("ldapi://%2Fnonexistent%2Fldapi", {"method": "external"})


def _ldap(url: str, bind: dict[str, str]) -> dict[str, Any]:
    user = {"structural_class": "inetOrgPerson", "naming_attribute": "uid", "base": Slapd.base}
    return {
        "adapter": "ldap",
        "settings": {
            "urls": [url],
            "protection": "none",
            "bind": bind,
            "base": Slapd.base,
            "object_types": {USER: user},
        },
    }


def creates(target: Target, label: str, count: int) -> Iterator[Operation]:
    """New users; `label` keeps names and ids of one load apart from all others of a run."""
    for number in range(count):
        login = f"{label}-{number}"
        name = f"uid={login},{Slapd.base}" if target is Target.DIRECTORY else login
        attributes = _entry(login) if target is Target.DIRECTORY else _person(login, number)
        yield Operation(
            OperationId(f"{label}-{number:08}"),
            CallerName(CALLER),
            ConnectorName(target),
            ObjectRef(USER, name=Name(name)),
            Create(attributes),
        )


def _person(login: str, number: int) -> dict[str, Values]:
    return {
        "display_name": (f"Person {login}",),
        "given_name": ("Per",),
        "surname": (login,),
        "mail": (f"{login}@lab.test",),
        "employee_number": (number,),
    }


def _entry(login: str) -> dict[str, Values]:
    """The same as tests/bench/pipelined_adds.py writes."""
    return {
        "cn": (f"Person {login}",),
        "displayName": (f"Person {login}",),
        "givenName": ("Per",),
        "sn": (login,),
        "mail": (f"{login}@lab.test",),
    }
