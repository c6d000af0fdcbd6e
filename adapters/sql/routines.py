"""Asks a catalogue for procedures, and writes their calls, as each engine needs it. Used by the dialects.

Every identifier in a call comes from the catalogue, every value is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from adapters.sql.routine import Argument, Direction, Routine, RoutineKind, escaped

_POSTGRESQL: Final = sa.text("""
SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname) AS written,
       p.prokind = 'p' AS is_procedure, p.pronargdefaults AS defaults,
       coalesce(p.proargnames, '{}') AS names, coalesce(CAST(p.proargmodes AS text[]), '{}') AS modes,
       ARRAY(SELECT format_type(u.kind, NULL)
             FROM unnest(coalesce(p.proallargtypes, CAST(p.proargtypes AS oid[]))) WITH ORDINALITY AS u (kind, place)
             ORDER BY u.place) AS types
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = :name AND p.prokind IN ('p', 'f') AND has_function_privilege(p.oid, 'EXECUTE')
  AND CASE WHEN CAST(:schema AS text) IS NULL THEN pg_function_is_visible(p.oid) ELSE n.nspname = :schema END
""")

_MARIADB: Final = sa.text("""
SELECT routine_schema AS place, routine_definition AS definition
FROM information_schema.routines
WHERE routine_type = 'PROCEDURE' AND routine_name = :name AND routine_schema = coalesce(:schema, database())
""")
_MARIADB_ARGUMENTS: Final = sa.text("""
SELECT parameter_name AS name, parameter_mode AS mode, dtd_identifier AS kind
FROM information_schema.parameters
WHERE routine_type = 'PROCEDURE' AND specific_name = :name AND specific_schema = :schema
ORDER BY ordinal_position
""")

_MODES: Final[Mapping[str, Direction]] = {
    "i": Direction.IN,
    "o": Direction.OUT,
    "b": Direction.INOUT,
    "t": Direction.OUT,
}
"""PostgreSQL's own letters; t is a column of the table that a function returns, v takes many and is not offered."""


def postgresql_routines(connection: sa.Connection, name: str, schema: str | None) -> Sequence[Routine]:
    rows = connection.execute(_POSTGRESQL, {"name": name, "schema": schema}).all()
    return [_postgresql(row) for row in rows if "v" not in row.modes]


def _postgresql(row: sa.Row[Any]) -> Routine:
    names = [*row.names, *[""] * (len(row.types) - len(row.names))]
    modes = [_MODES[each] for each in row.modes] or [Direction.IN] * len(row.types)
    taken = [number for number, mode in enumerate(modes) if mode is not Direction.OUT]
    # Only the last ones can have a default.
    optional = set(taken[len(taken) - row.defaults :])
    parts = zip(names, modes, row.types, strict=True)
    arguments = tuple(Argument(name, mode, kind, n in optional) for n, (name, mode, kind) in enumerate(parts))
    return Routine(RoutineKind.PROCEDURE if row.is_procedure else RoutineKind.FUNCTION, row.written, arguments)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _backticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def postgresql_call(routine: Routine, given: Mapping[str, str]) -> Sequence[str]:
    # Cast to what the procedure declares: PostgreSQL finds it by the types of its arguments.
    parts = [
        f"{escaped(_quoted(each.name))} => CAST(:{given[each.name]} AS {escaped(each.type)})"
        for each in routine.arguments
        if each.name in given
    ]
    if routine.kind is RoutineKind.FUNCTION:
        return [f"SELECT * FROM {escaped(routine.written)}({', '.join(parts)})"]
    told = [f"{escaped(_quoted(each.name))} => NULL" for each in routine.arguments if each.direction is Direction.OUT]
    return [f"CALL {escaped(routine.written)}({', '.join([*parts, *told])})"]


def mariadb_routines(connection: sa.Connection, name: str, schema: str | None) -> Sequence[Routine]:
    rows = connection.execute(_MARIADB, {"name": name, "schema": schema}).all()
    return [
        Routine(
            RoutineKind.PROCEDURE,
            f"{_backticked(row.place)}.{_backticked(name)}",
            tuple(_mariadb_arguments(connection, name, row.place)),
            row.definition or "",
        )
        for row in rows
    ]


def _mariadb_arguments(connection: sa.Connection, name: str, schema: str) -> Iterator[Argument]:
    for row in connection.execute(_MARIADB_ARGUMENTS, {"name": name, "schema": schema}):
        yield Argument(row.name, Direction(row.mode.lower()), row.kind)


def mariadb_call(routine: Routine, given: Mapping[str, str]) -> Sequence[str]:
    """What it gives back goes through variables of our session, and is read from them."""
    variables = {each.name: f"@ecma_bridge_{number}" for number, each in enumerate(routine.arguments)}
    begins = [
        f"SET {variables[each.name]} = :{given[each.name]}"
        for each in routine.arguments
        if each.direction is Direction.INOUT
    ]
    parts = [
        f":{given[each.name]}" if each.direction is Direction.IN else variables[each.name] for each in routine.arguments
    ]
    call = f"CALL {escaped(routine.written)}({', '.join(parts)})"
    told = [f"{variables[name]} AS {escaped(_backticked(name))}" for name in routine.told]
    return [*begins, call, *([f"SELECT {', '.join(told)}"] if told else [])]
