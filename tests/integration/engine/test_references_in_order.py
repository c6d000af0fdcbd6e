"""A reference that is removed by name means the object that has that name when all before it is done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import adapters.sql
from bridge.model import (
    AttributeDelta,
    Create,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    Rename,
    State,
    Update,
    new_operation_id,
)
from tests.support.running import ME, connector_settings, running

TABLES = """
CREATE TABLE person (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE);
CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE membership (team_id INTEGER NOT NULL, person_id INTEGER NOT NULL);
"""
TYPES = {
    "user": {"table": "person", "name": "login"},
    "group": {
        "table": "team",
        "name": "name",
        "attributes": {
            "member": {"table": "membership", "owner": "team_id", "column": "person_id", "references": "user"}
        },
    },
}


def asked(kind: str, name: str, body: Create | Rename | Update) -> Operation:
    target = ObjectRef(ObjectType(kind), None, Name(name))
    return Operation(new_operation_id(), ME, "staff", target, body)  # type: ignore[arg-type]


def member(kind: DeltaKind, name: str) -> Update:
    return Update((AttributeDelta("member", kind, (ObjectRef(ObjectType("user"), None, Name(name)),)),))


async def test_a_member_removed_behind_her_rename_is_no_member_any_more(tmp_path: Path):
    file = tmp_path / "staff.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(TABLES)
    settings = connector_settings(
        adapters.sql.ADAPTER,
        {"url": f"sqlite:///{file}", "object_types": TYPES},
        workers=4,
    )
    async with running(tmp_path, {"staff": (adapters.sql.ADAPTER, settings)}) as bridge:
        results = []
        for number in range(10):
            old, new, team = f"eve {number}", f"eva {number}", f"team {number}"
            await bridge.settle(asked("user", old, Create({})), asked("group", team, Create({})))
            await bridge.settle(asked("group", team, member(DeltaKind.ADD, old)))
            results += await bridge.settle(
                asked("user", old, Rename(Name(new))), asked("group", team, member(DeltaKind.REMOVE, new))
            )
    assert {each.state for each in results} == {State.SUCCEEDED}
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM membership").fetchone() == (0,)
