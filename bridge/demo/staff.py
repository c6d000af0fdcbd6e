"""The SQLite staff database: people, their phones, groups and memberships, and a history that its triggers write.

`scenario` makes it before the bridge starts and reads it after the end, with the standard library's sqlite3 and no
code of the adapter: the demo does not ask the accused for the verdict.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bridge.demo.comparison import Content, Holding, Write
from bridge.demo.ledger import AS_ASKED, GROUP, MEMBER, PASSWORD, USER, Cascade
from bridge.demo.population import Person
from bridge.model.attributes import ENABLED
from bridge.model.identity import ConnectorName, Name
from bridge.model.secrets import Secret

_TITLE_LENGTH: Final = 40

_TABLES: Final = f"""
CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    login VARCHAR(200) NOT NULL UNIQUE,
    display_name VARCHAR(200) NOT NULL,
    mail VARCHAR(100) UNIQUE,
    title VARCHAR({_TITLE_LENGTH}),
    status CHAR(1) NOT NULL DEFAULT 'A',
    manager_id INTEGER REFERENCES person (id),
    password_hash VARCHAR(128)
);
CREATE INDEX person_manager ON person (manager_id);
CREATE TABLE phone (person_id INTEGER NOT NULL REFERENCES person (id), number VARCHAR(30) NOT NULL);
CREATE INDEX phone_person ON phone (person_id);
CREATE TABLE team (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL UNIQUE);
CREATE TABLE membership (
    team_id INTEGER NOT NULL REFERENCES team (id), person_id INTEGER NOT NULL REFERENCES person (id)
);
CREATE INDEX membership_team ON membership (team_id);
CREATE INDEX membership_person ON membership (person_id);
CREATE TABLE history (object_type VARCHAR(10) NOT NULL, name VARCHAR(200), what VARCHAR(300) NOT NULL);
"""
"""Phones and memberships have no unique key: a row written twice stays, and is found."""


def _trigger(event: str, table: str, record: str) -> str:
    name = "".join(each if each.isalnum() else "_" for each in f"{event} {table}")
    return f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN INSERT INTO history VALUES ({record}); END;\n"


def _row_triggers(table: str, attribute: str, owner: str, value: str) -> str:
    return "".join(
        _trigger(event, table, record.format(which=which))
        for event, sign, which in (("INSERT", "+", "new"), ("DELETE", "-", "old"))
        for record in [f"{owner}, '{attribute} {sign} ' || {value}"]
    )


_PHONE_OWNER: Final = "'user', (SELECT login FROM person WHERE id = {which}.person_id)"
_MEMBER_OWNER: Final = "'group', (SELECT name FROM team WHERE id = {which}.team_id)"
_MEMBER_VALUE: Final = "(SELECT login FROM person WHERE id = {which}.person_id)"

_HISTORY: Final = "".join((
    _trigger("INSERT", "person", "'user', new.login, 'create'"),
    _trigger("UPDATE OF login", "person", "'user', new.login, 'rename'"),
    _trigger("UPDATE OF display_name, mail, title, status, manager_id", "person", "'user', new.login, 'change'"),
    _trigger("UPDATE OF password_hash", "person", "'user', new.login, 'password'"),
    _trigger("DELETE", "person", "'user', old.login, 'delete'"),
    _trigger("INSERT", "team", "'group', new.name, 'create'"),
    _trigger("UPDATE OF name", "team", "'group', new.name, 'rename'"),
    _trigger("DELETE", "team", "'group', old.name, 'delete'"),
    _row_triggers("phone", "phone", _PHONE_OWNER, "{which}.number"),
    _row_triggers("membership", MEMBER, _MEMBER_OWNER, _MEMBER_VALUE),
))  # fmt: skip

_PERSON: Final = """
SELECT person.id, person.login, person.display_name, person.mail, person.title, person.status, boss.login,
       person.password_hash
FROM person LEFT JOIN person AS boss ON boss.id = person.manager_id ORDER BY person.id
"""
_MEMBERS: Final = "SELECT team_id, login FROM membership JOIN person ON person.id = person_id"

_OBJECT_TYPES: Final[Mapping[str, Any]] = {
    USER: {
        "table": "person",
        "name": "login",
        "attributes": {
            ENABLED: {"column": "status", "when_true": "A", "when_false": "D"},
            "manager": {"column": "manager_id", "references": USER},
            "phone": {"table": "phone", "owner": "person_id", "column": "number"},
        },
        "password": {"column": "password_hash"},
    },
    GROUP: {
        "table": "team",
        "name": "name",
        "attributes": {
            MEMBER: {"table": "membership", "owner": "team_id", "column": "person_id", "references": USER},
        },
    },
}


class StaffForm:
    """The workload in this database's words."""

    connector: Final = ConnectorName("staff")
    one_by_one: Final = frozenset({"phone", MEMBER})
    cascade: Final = Cascade.RECORDED
    phone: Final = "phone"
    illegal: Final = ("title", "x" * (_TITLE_LENGTH + 1))

    def plain(self, name: str) -> str:
        return name

    def user(self, label: str) -> Name:
        return Name(label)

    moved_user = group = user

    def attributes(self, person: Person) -> Mapping[str, tuple[str | bool, ...]]:
        return {"display_name": (person.display,), "mail": (person.mail,), ENABLED: (True,)}


class StaffDatabase:
    """The file, made empty."""

    form: Final = StaffForm()

    def __init__(self, file: Path) -> None:
        self._file = file
        with closing(sqlite3.connect(file)) as database:
            database.executescript(_TABLES + _HISTORY)

    @property
    def connector(self) -> Mapping[str, Any]:
        """The connector's part of the bridge's configuration."""
        return {
            "adapter": "sql",
            "settings": {"url": f"sqlite:///{self._file}", "markers": "create", "object_types": _OBJECT_TYPES},
        }

    def read(self, passwords: Mapping[tuple[str, str], Secret]) -> Content:
        """All of it. A password reads as asked if the hash that is there is that password's."""
        with closing(sqlite3.connect(self._file)) as database:
            people = _people(database, passwords)
            return Content((*people, *_teams(database)), _history(database))


def _people(database: sqlite3.Connection, passwords: Mapping[tuple[str, str], Secret]) -> Iterator[Holding]:
    phones = _by_owner(database.execute("SELECT person_id, number FROM phone"))
    for key, login, display, mail, title, status, manager, stored in database.execute(_PERSON):
        single = {
            "display_name": display,
            "mail": mail,
            "title": title,
            ENABLED: {"A": "true", "D": "false"}.get(status, status),
            "manager": manager,
            PASSWORD: stored and _password(stored, passwords.get((USER, login))),
        }
        values = {name: (value,) for name, value in single.items() if value is not None}
        yield Holding(USER, login, values | {"phone": phones[key]} if phones[key] else values)


def _teams(database: sqlite3.Connection) -> Iterator[Holding]:
    members = _by_owner(database.execute(_MEMBERS))
    for key, name in database.execute("SELECT id, name FROM team ORDER BY id"):
        yield Holding(GROUP, name, {MEMBER: members[key]} if members[key] else {})


def _by_owner(rows: Iterable[tuple[int, str]]) -> defaultdict[int, tuple[str, ...]]:
    found: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for owner, value in sorted(rows):
        found[owner] += (value,)
    return found


def _history(database: sqlite3.Connection) -> Counter[Write]:
    return Counter(Write(*row) for row in database.execute("SELECT object_type, name, what FROM history"))


def _password(stored: str, asked: Secret | None) -> str:
    """The PHC string format of scrypt: $scrypt$ln=15,r=8,p=1$salt$hash."""
    _, scheme, cost, salt, digest = stored.split("$")
    rounds, block, parallel = (int(each.partition("=")[2]) for each in cost.split(","))
    if asked is None or scheme != "scrypt":
        return "not asked for"
    expected = _unpadded(digest)
    computed = hashlib.scrypt(
        asked.reveal().encode(),
        salt=_unpadded(salt),
        n=1 << rounds,
        r=block,
        p=parallel,
        maxmem=1 << 26,
        dklen=len(expected),
    )
    return AS_ASKED if hmac.compare_digest(computed, expected) else "another one"


def _unpadded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
