"""What a database administrator adds to the tables of people so that changes can be told: triggers and a history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Table, and its column that holds the key of the object that changes with it.
_OF_PEOPLE = {"person": "id", "phone": "person_id"}
_OF_GROUPS = {"group": "id", "group_member": "group_id"}

# A history that is empty at the first watermark is of no use to the first delta import.
_FIRST = "INSERT INTO person (login) VALUES ('first'); INSERT INTO \"group\" (name) VALUES ('first');"


def _triggers(history: str, tables: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    for table, column in tables.items():
        for event in ("INSERT", "UPDATE", "DELETE"):
            row = "OLD" if event == "DELETE" else "NEW"
            yield f"{table}_{event.lower()}", event, table, f"INSERT INTO {history} (of_id) VALUES ({row}.{column})"


def _all_triggers() -> list[tuple[str, str, str, str]]:
    return [*_triggers("person_history", _OF_PEOPLE), *_triggers("group_history", _OF_GROUPS)]


def sqlite_history() -> str:
    key = "number INTEGER PRIMARY KEY AUTOINCREMENT, of_id INTEGER NOT NULL"
    made = [
        f'CREATE TRIGGER {name} AFTER {event} ON "{table}" BEGIN {write}; END;'
        for name, event, table, write in _all_triggers()
    ]
    return "\n".join([f"CREATE TABLE {name}_history ({key});" for name in ("person", "group")] + [*made, _FIRST])


def mariadb_history() -> str:
    key = "number BIGINT AUTO_INCREMENT PRIMARY KEY, of_id INTEGER NOT NULL"
    made = [
        f"CREATE TRIGGER {name} AFTER {event} ON `{table}` FOR EACH ROW {write};"
        for name, event, table, write in _all_triggers()
    ]
    tables = [f"CREATE TABLE {name}_history ({key});" for name in ("person", "group")]
    return "\n".join([*tables, *made, _FIRST.replace('"', "`")])


def postgresql_history() -> str:
    key = "number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, of_id INTEGER NOT NULL"
    made = [
        f"CREATE FUNCTION note_{name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS "
        f"$$ BEGIN {write}; RETURN NULL; END $$; "
        f'CREATE TRIGGER {name} AFTER {event} ON "{table}" FOR EACH ROW EXECUTE FUNCTION note_{name}();'
        for name, event, table, write in _all_triggers()
    ]
    return "\n".join([f"CREATE TABLE {name}_history ({key});" for name in ("person", "group")] + [*made, _FIRST])


def postgresql_moments() -> str:
    """A column in the objects' own tables instead, which each write sets."""
    made = [
        f'ALTER TABLE "{table}" ADD COLUMN changed TIMESTAMP WITH TIME ZONE; '
        f'CREATE TRIGGER moment BEFORE INSERT OR UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION moment();'
        for table in ("person", "group")
    ]
    function = (
        "CREATE FUNCTION moment() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.changed := clock_timestamp(); RETURN NEW; END $$;"
    )
    return "\n".join([function, *made])


def by_history(settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The settings of a connector that reads the history."""
    changes = {
        name: {"column": "number", "table": f"{table}_history", "anchor": "of_id", **more}
        for name, table in (("user", "person"), ("group", "group"))
    }
    return _with(settings, changes)


def by_moment(settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _with(settings, {name: {"column": "changed", **more} for name in ("user", "group")})


def _with(settings: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    types = settings["object_types"]
    return {**settings, "object_types": {name: {**types[name], "changes": changes[name]} for name in types}}


def name_of(test: str) -> str:
    """Of a schema or database for one test."""
    return re.sub(r"\W", "_", test.lower())[:60]
