"""Tables with triggers that write down every change, with a serial, in the transaction that makes it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.model.identity import Name
from tests.crash.checker import Asked, Effect, Repeat
from tests.crash.targets.target import RETRIES
from tests.crash.workload import Vocabulary
from tests.support import sql_tables

if TYPE_CHECKING:
    from tests.support.containers import PostgreSqlServer

SCHEMA = "crash"

_LANE = "replace({row}.login, '-renamed', '')"
_WHAT = """CASE WHEN NEW.login <> OLD.login THEN 'rename ' || NEW.login
    WHEN coalesce(NEW.password_hash, '') <> coalesce(OLD.password_hash, '') THEN 'password'
    ELSE 'count ' || NEW.badge END"""
_NOTED = {
    ("person", "INSERT"): f"SELECT {_LANE.format(row='NEW')}, 'create'",
    ("person", "UPDATE"): f"SELECT {_LANE.format(row='NEW')}, {_WHAT}",
    ("person", "DELETE"): f"SELECT {_LANE.format(row='OLD')}, 'delete'",
    ("phone", "INSERT"): f"SELECT {_LANE.format(row='p')}, 'value ' || NEW.number FROM person p"
    " WHERE p.id = NEW.person_id",
    ("group", "INSERT"): "SELECT NEW.name, 'create'",
    ("group_member", "INSERT"): "SELECT g.name, 'member ' || p.login FROM person p, \"group\" g"
    " WHERE p.id = NEW.user_id AND g.id = NEW.group_id",
}
"""Table and event to the lane and the effect."""


def _vocabulary(password: Repeat) -> Vocabulary:
    return Vocabulary(
        user=Name,
        group=Name,
        attributes=lambda label: {"display_name": (label,)},
        group_attributes=lambda label: {"description": (label,)},
        counter="badge",
        count=int,
        values="phone",
        member="member",
        password=password,
    )


class SqliteTarget:
    """Without markers: what is in doubt is read back."""

    name = "sqlite"
    vocabulary = _vocabulary(Repeat.HARMLESS)

    def __init__(self, directory: Path) -> None:
        self._file = directory / "target.sqlite"
        self._settings = sql_tables.sqlite_settings(self._file)
        with contextlib.closing(sqlite3.connect(self._file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE history (serial INTEGER PRIMARY KEY, lane TEXT, what TEXT)")
            for (table, event), noted in _NOTED.items():
                connection.execute(
                    f'CREATE TRIGGER "note_{table}_{event}" AFTER {event} ON "{table}"'
                    f" BEGIN INSERT INTO history (lane, what) {noted}; END"
                )
            connection.commit()

    def connector(self) -> Mapping[str, Any]:
        return {"adapter": "sql", "settings": self._settings, **RETRIES}

    def record(self, asked: Sequence[Asked]) -> Sequence[Effect]:
        lanes = {each.lane for each in asked}
        with contextlib.closing(sqlite3.connect(self._file)) as connection:
            rows = connection.execute("SELECT lane, what FROM history ORDER BY serial").fetchall()
        return [Effect(*row) for row in rows if row[0] in lanes]


class PostgreSqlTarget:
    """With markers: each operation leaves a row in its own transaction."""

    name = "postgresql"
    vocabulary = _vocabulary(Repeat.NEVER)

    def __init__(self, server: PostgreSqlServer, directory: Path) -> None:
        self._server = server
        secret = directory / "password"
        secret.touch(mode=0o600)
        secret.write_text(server.password)
        self._settings = sql_tables.postgresql_settings(server, SCHEMA, password=f"file:{secret}", markers="create")

    def connector(self) -> Mapping[str, Any]:
        return {"adapter": "sql", "settings": self._settings, **RETRIES}

    def record(self, asked: Sequence[Asked]) -> Sequence[Effect]:
        lanes = {each.lane for each in asked}
        with sql_tables.connected(self._server) as connection:
            rows = connection.execute(f"SELECT lane, what FROM {SCHEMA}.history ORDER BY serial").fetchall()
        return [Effect(*row) for row in rows if row[0] in lanes]


@contextlib.contextmanager
def postgresql_target(server: PostgreSqlServer, directory: Path) -> Iterator[PostgreSqlTarget]:
    """The tables and their triggers, in a schema that goes away again."""
    with sql_tables.postgresql_schema(server, SCHEMA):
        with sql_tables.connected(server) as connection:
            for statement in _postgresql_triggers():
                connection.execute(statement.encode())
        yield PostgreSqlTarget(server, directory)


def _postgresql_triggers() -> Iterator[str]:
    yield f"SET search_path = {SCHEMA}"
    yield "CREATE TABLE history (serial BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lane TEXT, what TEXT)"
    for (table, event), noted in _NOTED.items():
        name = f"note_{table}_{event.lower()}"
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {SCHEMA} AS"
            f" $$ BEGIN INSERT INTO history (lane, what) {noted}; RETURN NULL; END $$"
        )
        yield f'CREATE TRIGGER {name} AFTER {event} ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()'
