"""The settings of a delta import, for one object type. Read with `config.py`, bound by `change_places.py`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from adapters.sql.modes import Columns
from bridge.sdk import AdapterConfig


class ChangeSettings(AdapterConfig):
    """A column by which changes are told, in the object's own table or in a history that triggers write."""

    column: str = Field(
        description="The column, an integer or a timestamp, to which each change gives a higher value than the last."
    )
    table: str | None = Field(
        default=None,
        description="The history: a table to which triggers add a row for every change, deletes too; by default the "
        "object's own table, which tells no deletes.",
    )
    table_schema: str | None = Field(
        default=None, description="The history's database schema; the object's own by default."
    )
    anchor: Columns | None = Field(
        default=None, description="The columns of the history that hold the object's anchor; given together with table."
    )
    overlap: int = Field(
        default=600,
        ge=0,
        description="How far before the last value an import begins, in seconds of a timestamp or numbers of an "
        "integer: a transaction that commits later than others may have a value so much lower than theirs.",
    )

    @model_validator(mode="after")
    def _history_is_whole(self) -> Self:
        if (self.table is None) != (self.anchor is None):
            raise ValueError("table and anchor are given together or not at all")
        if self.table is None and self.table_schema is not None:
            raise ValueError("table_schema is of the history: give table too, or leave it out")
        return self
