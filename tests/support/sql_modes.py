"""Settings by which operations on the tables of people run as statements or as procedures, and these procedures."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tests.support.sql_tables import connected, mariadb_connected, mariadb_database, postgresql_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.containers import MariaDbServer, PostgreSqlServer

_COLUMNS = {
    **{each: each for each in ("display_name", "title", "email", "badge", "active", "salary", "hired")},
    **{each: each for each in ("last_seen", "seen_local", "photo", "pin")},
    "enabled": "status",
    "manager": "manager_id",
}
"""Attribute to its column."""

_CREATE = (
    f"INSERT INTO {{person}} (login, {', '.join(_COLUMNS.values())}) "
    f"VALUES (:name, {', '.join(f':{each}' for each in _COLUMNS)})"
)
_PLAIN = ", ".join(f"{column} = :{each}" for each, column in _COLUMNS.items() if each != "manager")

STATEMENTS: dict[str, Any] = {
    "create": {"statements": [_CREATE]},
    "update": {
        "statements": [
            f"UPDATE {{person}} SET {_PLAIN} WHERE id = :anchor",
            "UPDATE {person} SET manager_id = :manager WHERE id = :anchor AND login = :name",
        ]
    },
    "rename": {"statements": ["UPDATE {person} SET login = :new_name WHERE id = :anchor"]},
    "delete": {
        "statements": [
            {"run": "DELETE FROM {phone} WHERE person_id = :anchor", "rows": "any"},
            {"run": "DELETE FROM {group_member} WHERE user_id = :anchor", "rows": "any"},
            "DELETE FROM {person} WHERE id = :anchor",
        ]
    },
    "set_password": {"statements": ["UPDATE {person} SET password_hash = :password WHERE id = :anchor"]},
    "change_password": {
        "statements": [
            "UPDATE {person} SET password_hash = :password WHERE id = :anchor AND password_hash = :old_password"
        ]
    },
}
"""Every operation of a user as statements."""

POSTGRESQL_PROCEDURES = """
CREATE PROCEDURE person_create(
    p_login varchar, p_name varchar, p_email varchar, p_manager integer, OUT p_id integer
) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO person (login, display_name, email, manager_id) VALUES (p_login, p_name, p_email, p_manager)
    RETURNING id INTO p_id;
END $$;
CREATE FUNCTION person_update(p_id integer, p_name varchar, p_email varchar, p_manager integer DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
    UPDATE person SET display_name = p_name, email = p_email, manager_id = p_manager WHERE id = p_id
$$;
CREATE PROCEDURE person_rename(p_id integer, p_login varchar) LANGUAGE sql AS $$
    UPDATE person SET login = p_login WHERE id = p_id
$$;
CREATE PROCEDURE person_remove(p_id integer) LANGUAGE sql AS $$
    DELETE FROM phone WHERE person_id = p_id;
    DELETE FROM group_member WHERE user_id = p_id;
    DELETE FROM person WHERE id = p_id;
$$;
CREATE PROCEDURE person_password(p_id integer, p_new text) LANGUAGE plpgsql AS $$
BEGIN
    IF length(p_new) < 8 THEN RAISE EXCEPTION '% is too short', p_new; END IF;
    UPDATE person SET password_hash = p_new WHERE id = p_id;
END $$;
CREATE PROCEDURE person_change(p_id integer, p_old text, p_new text) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE person SET password_hash = p_new WHERE id = p_id AND password_hash = p_old;
    IF NOT FOUND THEN RAISE EXCEPTION '% is wrong', p_old; END IF;
END $$;
"""

MARIADB_PROCEDURES = (
    """
CREATE PROCEDURE person_create(
    IN p_login VARCHAR(200), IN p_name VARCHAR(1000), IN p_email VARCHAR(100), IN p_manager INTEGER, OUT p_id INTEGER
)
BEGIN
    INSERT INTO person (login, display_name, email, manager_id) VALUES (p_login, p_name, p_email, p_manager);
    SET p_id = LAST_INSERT_ID();
END
""",
    """
CREATE PROCEDURE person_update(
    IN p_id INTEGER, IN p_name VARCHAR(1000), IN p_email VARCHAR(100), IN p_manager INTEGER
)
UPDATE person SET display_name = p_name, email = p_email, manager_id = p_manager WHERE id = p_id
""",
    """
CREATE PROCEDURE person_rename(IN p_id INTEGER, IN p_login VARCHAR(200))
UPDATE person SET login = p_login WHERE id = p_id
""",
    """
CREATE PROCEDURE person_remove(IN p_id INTEGER)
BEGIN
    DELETE FROM phone WHERE person_id = p_id;
    DELETE FROM group_member WHERE user_id = p_id;
    DELETE FROM person WHERE id = p_id;
END
""",
    """
CREATE PROCEDURE person_password(IN p_id INTEGER, IN p_new VARCHAR(128))
BEGIN
    IF CHAR_LENGTH(p_new) < 8 THEN
        SET @text = CONCAT(p_new, ' is too short');
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = @text;
    END IF;
    UPDATE person SET password_hash = p_new WHERE id = p_id;
END
""",
    """
CREATE PROCEDURE person_change(IN p_id INTEGER, IN p_old VARCHAR(128), IN p_new VARCHAR(128))
BEGIN
    UPDATE person SET password_hash = p_new WHERE id = p_id AND password_hash = p_old;
    IF ROW_COUNT() = 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'wrong';
    END IF;
END
""",
)

PROCEDURES: dict[str, Any] = {
    "create": {
        "procedure": "person_create",
        "arguments": {"p_login": "name", "p_name": "display_name", "p_email": "email", "p_manager": "manager"},
        "anchor_from": "p_id",
    },
    "update": {
        "procedure": "person_update",
        "arguments": {"p_id": "anchor", "p_name": "display_name", "p_email": "email", "p_manager": "manager"},
    },
    "rename": {"procedure": "person_rename", "arguments": {"p_id": "anchor", "p_login": "new_name"}},
    "delete": {"procedure": "person_remove", "arguments": {"p_id": "anchor"}},
    "set_password": {"procedure": "person_password", "arguments": {"p_id": "anchor", "p_new": "password"}},
    "change_password": {
        "procedure": "person_change",
        "arguments": {"p_id": "anchor", "p_old": "old_password", "p_new": "password"},
    },
}
"""Every operation of a user by one of the procedures above."""


def written(statement: Any, schema: str | None) -> Any:
    """The statements with the names of their tables."""
    if isinstance(statement, str):
        prefix = f"{schema}." if schema else ""
        return statement.format(**{each: prefix + each for each in ("person", "phone", "group_member")})
    if isinstance(statement, list):
        return [written(each, schema) for each in statement]
    return {key: written(each, schema) for key, each in statement.items()}


def with_statements(settings: dict[str, Any], schema: str | None = None) -> dict[str, Any]:
    """The same connector, with every operation of a user as statements."""
    return with_operations(settings, written(STATEMENTS, schema))


def with_procedures(settings: dict[str, Any], schema: str | None = None) -> dict[str, Any]:
    """The same connector, with every operation of a user as a procedure."""
    calls = {kind: {**call, "procedure_schema": schema} for kind, call in PROCEDURES.items()}
    return with_operations(settings, calls)


def with_operations(settings: dict[str, Any], operations: dict[str, Any]) -> dict[str, Any]:
    types = settings["object_types"]
    return {**settings, "object_types": {**types, "user": {**types["user"], "operations": operations}}}


@contextlib.contextmanager
def postgresql_procedures(server: PostgreSqlServer, schema: str) -> Iterator[None]:
    """Tables and procedures, in a schema of their own that goes away again."""
    with postgresql_schema(server, schema):
        with connected(server) as other:
            other.execute(f"SET search_path = {schema}".encode())
            other.execute(POSTGRESQL_PROCEDURES.replace("LANGUAGE", f"SET search_path = {schema} LANGUAGE").encode())
        yield


@contextlib.contextmanager
def mariadb_procedures(server: MariaDbServer, database: str) -> Iterator[None]:
    """The same in a database of their own."""
    with mariadb_database(server, database):
        with mariadb_connected(server) as other:
            other.execute(f"USE {database}")
            for each in MARIADB_PROCEDURES:
                other.execute(each)
        yield
