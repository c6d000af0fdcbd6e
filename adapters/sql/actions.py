"""Binds the `operations:` of an object type to the live catalogue, before anything runs. Called by `binding.py`.

Each parameter must be one that the operation offers, each procedure there with the arguments that are given, each
statement one that the database takes: it is asked to plan it, with NULL for every parameter. ConfigurationError says
which line is wrong.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import sqlalchemy as sa

from adapters.sql.action import Action, Means, Step
from adapters.sql.catalogue import Catalogue
from adapters.sql.errors import scrubbed
from adapters.sql.modes import ProcedureMode, Rows, StatementConfig, StatementsMode
from adapters.sql.parameters import RESERVED, Types
from adapters.sql.routine import Routine
from bridge.sdk import ConfigurationError

_VERBS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "WITH")
_QUOTED: Final = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`""")
_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_ENDS_TRANSACTION: Final = re.compile(r"\b(COMMIT|ROLLBACK(?!\s+TO\b)|START\s+TRANSACTION|AUTOCOMMIT)\b", re.IGNORECASE)


class ActionBinder:
    """`attributes` are the names of the object type's single-valued attributes."""

    def __init__(self, catalogue: Catalogue, attributes: Iterable[str]) -> None:
        self._connection = catalogue.connection
        self._dialect = catalogue.dialect
        self._attributes = frozenset(attributes)

    def action(self, where: str, mode: StatementsMode | ProcedureMode, types: Types) -> Action:
        if isinstance(mode, ProcedureMode):
            return Action(where, Means.PROCEDURE, tuple(self._call(where, mode, types)), mode.anchor_from)
        steps = [
            self._step(f"{where}.statements[{number}]", each, types) for number, each in enumerate(mode.statements)
        ]
        return Action(where, Means.STATEMENTS, tuple(steps), mode.anchor_from)

    def _step(self, where: str, config: StatementConfig, types: Types) -> Step:
        _check_text(where, config.run)
        self._check_parameters(where, config.parameters, types)
        step = self._bound(where, Means.STATEMENTS, config.run, types, config.rows)
        self._plan(step, config.run, types)
        return step

    def _check_parameters(self, where: str, names: Iterable[str], types: Types) -> None:
        for name in sorted(names):
            if name not in types:
                hint = r" (write \: for a colon that begins none)" if not difflib.get_close_matches(name, types) else ""
                raise _unknown(where, f"there is no parameter{hint}", name, types)
            if name in RESERVED & self._attributes:
                raise ConfigurationError(
                    f"{where}: {name!r} is a parameter of its own and an attribute too; give the attribute another name"
                )

    def _bound(self, where: str, means: Means, text: str, types: Types, rows: Rows) -> Step:
        parameters = frozenset(sa.text(text).compile().params)
        statement = sa.text(text).bindparams(*(sa.bindparam(each, type_=types[each]) for each in sorted(parameters)))
        return Step(where, means, statement, parameters, parameters & self._attributes, rows)

    def _plan(self, step: Step, text: str, types: Types) -> None:
        planned = self._bound(step.where, step.means, f"EXPLAIN {text}", types, step.rows)
        try:
            self._connection.execute(planned.statement, dict.fromkeys(planned.parameters))
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                with scrubbed():
                    raise
            # No value was bound, so the database's words hold none.
            words = str(error.orig).partition("\n")[0]
            raise ConfigurationError(f"{step.where}: the database does not take the statement: {words}") from None

    def _call(self, where: str, mode: ProcedureMode, types: Types) -> Iterator[Step]:
        routine = self._routine(f"{where}.procedure", mode)
        self._check_parameters(f"{where}.arguments", mode.arguments.values(), types)
        _check_arguments(f"{where}.arguments", mode.arguments, routine)
        _check_definition(f"{where}.procedure", routine)
        for name in mode.anchor_from or ():
            if routine.told and name not in routine.told:
                raise _unknown(f"{where}.anchor_from", "the procedure gives back nothing called", name, routine.told)
        for text in self._dialect.call(routine, mode.arguments):
            yield self._bound(f"{where}.procedure", Means.PROCEDURE, text, types, Rows.ANY)

    def _routine(self, where: str, mode: ProcedureMode) -> Routine:
        with scrubbed():
            found = self._dialect.routines(self._connection, mode.procedure, mode.procedure_schema)
        if not found:
            place = f"schema {mode.procedure_schema!r}" if mode.procedure_schema else "the login's default schema"
            raise ConfigurationError(
                f"{where}: there is no procedure {mode.procedure!r} in {place} that the login may execute"
            )
        if len(found) > 1:
            raise ConfigurationError(
                f"{where}: there are {len(found)} procedures called {mode.procedure!r}; give the one meant its own name"
            )
        return found[0]


def _check_text(where: str, text: str) -> None:
    bare = _QUOTED.sub("''", _COMMENT.sub(" ", text)).strip().removesuffix(";")
    if not bare.upper().startswith(_VERBS):
        raise ConfigurationError(
            f"{where}: a statement begins with {', '.join(_VERBS)}; for a procedure write `procedure:`"
        )
    if ";" in bare:
        raise ConfigurationError(f"{where}: holds two statements; make two entries of them")


def _check_arguments(where: str, given: Mapping[str, str], routine: Routine) -> None:
    taken = {each.name: each for each in routine.taken}
    for name in given:
        if name not in taken:
            raise _unknown(where, "the procedure takes no argument", name, taken)
    missing = [name for name, each in taken.items() if name not in given and not each.optional]
    if missing:
        raise ConfigurationError(f"{where}: the procedure needs {', '.join(map(repr, missing))} as well")
    if not all(each.name for each in routine.arguments):
        raise ConfigurationError(f"{where}: an argument of the procedure has no name; it is called by names")


def _check_definition(where: str, routine: Routine) -> None:
    found = _ENDS_TRANSACTION.search(_COMMENT.sub(" ", _QUOTED.sub("''", routine.definition)))
    if found:
        raise ConfigurationError(
            f"{where}: the procedure has {found[0].upper()}, which would end the bridge's transaction; take it out"
        )


def _unknown(where: str, what: str, name: str, known: Iterable[str]) -> ConfigurationError:
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names
    return ConfigurationError(f"{where}: {what} {name!r}; there are {', '.join(map(repr, nearest)) or 'none'}")
