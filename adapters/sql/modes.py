"""The `operations:` of an object type: which of them are carried out by statements or by a procedure of the database.

Part of the configuration that `config.py` reads; `actions.py` binds it to the live catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

import sqlalchemy as sa
from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from bridge.sdk import AdapterConfig, OperationKind


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


Columns = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]
"""One column, or a list of them where the key has several."""


class Rows(StrEnum):
    """How many rows a statement may touch, or return."""

    ONE = "one"
    ANY = "any"


class StatementConfig(AdapterConfig):
    """One SQL statement, its values bound by name."""

    run: str = Field(description="SELECT, INSERT, UPDATE, DELETE, MERGE, REPLACE or WITH, with parameters as :name.")
    rows: Rows = Field(
        default=Rows.ONE,
        description="one: it must touch, or return, exactly one row, else all is undone; any: none or many are well.",
    )

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(sa.text(self.run).compile().params)


def _as_statement(given: Any) -> Any:
    return {"run": given} if isinstance(given, str) else given


_ANCHOR_FROM = (
    "For a create: the column of a result row, or the OUT argument, that holds the new anchor; a list where it has "
    "several columns. Without it the row is found by its name."
)


class StatementsMode(AdapterConfig):
    """An operation as statements, one after the other in one transaction."""

    statements: tuple[Annotated[StatementConfig, BeforeValidator(_as_statement)], ...] = Field(
        min_length=1, description="The statements: each its text, or `run` and `rows`."
    )
    anchor_from: Columns | None = Field(default=None, description=_ANCHOR_FROM)

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset().union(*(each.parameters for each in self.statements))


class ProcedureMode(AdapterConfig):
    """An operation as one call of a stored procedure, or on PostgreSQL of a function."""

    procedure: str = Field(description="The procedure, as the catalogue spells it.")
    procedure_schema: str | None = Field(
        default=None, description="Its database schema; the login's default if not given."
    )
    arguments: Mapping[str, str] = Field(
        default_factory=dict, description="Argument of the procedure to the parameter that is given for it."
    )
    anchor_from: Columns | None = Field(default=None, description=_ANCHOR_FROM)

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(self.arguments.values())


def _kind(given: Any) -> str:
    by_procedure = "procedure" in given if isinstance(given, Mapping) else isinstance(given, ProcedureMode)
    return "procedure" if by_procedure else "statements"


Mode = Annotated[
    Annotated[StatementsMode, Tag("statements")] | Annotated[ProcedureMode, Tag("procedure")], Discriminator(_kind)
]


class OperationModes(AdapterConfig):
    """Operations that are not left here are carried out on the table itself."""

    create: Mode | None = Field(default=None, description="Parameters: name, and attributes.")
    update: Mode | None = Field(default=None, description="Parameters: anchor, name, and attributes.")
    rename: Mode | None = Field(default=None, description="Parameters: anchor, name, new_name.")
    delete: Mode | None = Field(default=None, description="Parameters: anchor, name.")
    set_password: Mode | None = Field(default=None, description="Parameters: anchor, name, password.")
    change_password: Mode | None = Field(
        default=None, description="Parameters: anchor, name, password (the new one), old_password."
    )

    @property
    def by_kind(self) -> Mapping[OperationKind, StatementsMode | ProcedureMode]:
        """Those that are configured."""
        found = {kind: getattr(self, kind.value) for kind in OperationKind}
        return {kind: mode for kind, mode in found.items() if mode is not None}

    @model_validator(mode="after")
    def _only_a_create_makes_an_anchor(self) -> Self:
        for kind, mode in self.by_kind.items():
            if mode.anchor_from is not None and kind is not OperationKind.CREATE:
                raise ValueError(f"{kind}.anchor_from: only a create has it; take it out")
        return self
