"""The `settings:` of a connector to an SQL database, as they are written in the configuration file.

Read by the host before anything is opened; `binding.py` then binds the names in it to the live catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
from typing_extensions import override

from adapters.sql.change_settings import ChangeSettings
from adapters.sql.modes import Columns, Mode, OperationModes
from adapters.sql.url import checked_url
from bridge.sdk import AdapterConfig, ObjectType, SecretReference


class Markers(StrEnum):
    """Whether each operation leaves a row in `ecma_bridge_applied`, in its own transaction."""

    CREATE = "create"
    USE = "use"
    NONE = "none"


class AttributesMode(StrEnum):
    """Which columns of an object's table are offered as attributes."""

    ALL = "all"
    LISTED = "listed"


class NewAnchor(StrEnum):
    """Who makes the anchor of a new object, where the caller does not give it."""

    DATABASE = "database"
    UUID = "uuid"


class OnDelete(StrEnum):
    """What becomes of a table's rows when an object they speak of is deleted."""

    REMOVE = "remove"
    LEAVE = "leave"


class PasswordScheme(StrEnum):
    """How a password is hashed before it is stored."""

    SCRYPT = "scrypt"
    ARGON2 = "argon2"
    BCRYPT = "bcrypt"
    PBKDF2 = "pbkdf2"
    SSHA = "ssha"


class ColumnAttribute(AdapterConfig):
    """An attribute that is one column of the object's own table."""

    column: str = Field(description="The column.")
    references: ObjectType | None = Field(
        default=None, description="The object type whose anchor the column holds: a foreign key."
    )
    when_true: int | str | None = Field(
        default=None, description="What stands in the column for true, where it is no boolean column."
    )
    when_false: int | str | None = Field(
        default=None, description="What stands in the column for false; given together with when_true."
    )
    sensitive: bool = Field(
        default=False, description="Whether the values are secret: sealed in the journal, never read back."
    )

    @model_validator(mode="after")
    def _spellings_come_in_pairs(self) -> Self:
        if (self.when_true is None) != (self.when_false is None):
            raise ValueError("when_true and when_false are given together or not at all")
        if self.when_true is not None and self.when_true == self.when_false:
            raise ValueError("when_true and when_false are the same")
        return self


class TableAttribute(AdapterConfig):
    """A multi-valued attribute: each value is a row of another table, which holds the owner's key."""

    table: str = Field(description="The child or link table.")
    table_schema: str | None = Field(default=None, description="Its database schema; the object's own by default.")
    owner: Columns = Field(description="The column, or columns, of that table that hold the owning object's anchor.")
    column: str = Field(description="The column of that table that holds the value.")
    references: ObjectType | None = Field(
        default=None, description="The object type whose anchor the column holds: a link table."
    )
    on_delete: OnDelete = Field(
        default=OnDelete.REMOVE,
        description="remove: delete the rows before the object they speak of, at either end of a link; "
        "leave: the database cascades, or refuses.",
    )
    add: Mode | None = Field(
        default=None,
        description="Statements or a procedure that add one value, where not the table itself. Parameters: anchor, "
        "value.",
    )
    remove: Mode | None = Field(default=None, description="The same for removing one value.")

    @model_validator(mode="after")
    def _values_have_no_anchor(self) -> Self:
        for mode in (self.add, self.remove):
            if mode is not None and mode.anchor_from is not None:
                raise ValueError("anchor_from: only a create has it; take it out")
        return self


def _kind(given: Any) -> str:
    has_table = "table" in given if isinstance(given, Mapping) else isinstance(given, TableAttribute)
    return "table" if has_table else "column"


AttributeConfig = Annotated[
    Annotated[ColumnAttribute, Tag("column")] | Annotated[TableAttribute, Tag("table")], Discriminator(_kind)
]


class PasswordColumn(AdapterConfig):
    """Where a password's hash is kept."""

    column: str = Field(description="The column that takes the hash.")
    scheme: PasswordScheme = Field(
        default=PasswordScheme.SCRYPT,
        description="How a new password is hashed: scrypt, argon2 (argon2id), bcrypt, pbkdf2 (SHA-256, as Django "
        "writes it), ssha (salted SHA-1, for systems that read nothing better).",
    )


class ObjectTypeConfig(AdapterConfig):
    """One object type: a table, or a view, whose rows are the objects."""

    table: str = Field(description="The table, as the catalogue spells it.")
    table_schema: str | None = Field(default=None, description="Its database schema; the login's default if not given.")
    anchor: Columns | None = Field(
        default=None,
        description="The column, or columns, that identify a row for ever; the primary key by default.",
    )
    new_anchor: NewAnchor = Field(
        default=NewAnchor.DATABASE,
        description="database: the column's own default or identity makes it; uuid: the adapter makes a random UUID.",
    )
    name: str = Field(description="The column that holds the object's name, unique among its type.")
    attributes_mode: AttributesMode = Field(
        default=AttributesMode.ALL,
        description="all: columns that are not listed are attributes under their own name; listed: only those listed.",
    )
    attributes: Mapping[str, AttributeConfig] = Field(
        default_factory=dict, description="Attribute name to the column or the table that holds it."
    )
    password: PasswordColumn | None = Field(
        default=None,
        description="Where a password's hash goes; where no object type has it, passwords are not offered.",
    )
    changes: ChangeSettings | None = Field(
        default=None, description="How a delta import learns what changed; without it none is offered."
    )
    operations: OperationModes = Field(
        default=OperationModes(), description="Operations that statements or a procedure carry out, not the table."
    )


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; write it as in Europe/Berlin") from None
    return name


class SqlConfig(AdapterConfig):
    """The `settings:` of a connector whose adapter is `sql`."""

    url: Annotated[str, AfterValidator(checked_url)] = Field(
        description="SQLAlchemy URL without a password: postgresql+psycopg://login@host:5432/database, "
        "mariadb+pymysql://login@host:3306/database, sqlite:////path/to/file.db."
    )
    password: SecretReference | None = Field(default=None, description="Where the login's password is kept.")
    markers: Markers = Field(
        default=Markers.NONE,
        description="create: make the table ecma_bridge_applied if it is missing, and use it; use: it is there; "
        "none: after a lost answer the object is read back instead.",
    )
    keep_markers_days: int = Field(
        default=28, ge=1, description="Days after which this connector's markers are deleted."
    )
    connect_timeout_seconds: int = Field(default=10, ge=1, description="Seconds to wait for a connection.")
    lock_timeout_seconds: float = Field(
        default=5.0, gt=0, description="Seconds to wait for a lock that another session holds."
    )
    statement_timeout_seconds: float = Field(
        default=60.0, gt=0, description="Seconds after which the database gives up one statement; not on SQLite."
    )
    zone: Annotated[str, AfterValidator(_check_zone)] = Field(
        default="UTC", description="IANA zone of timestamps in columns that keep none."
    )
    object_types: Mapping[ObjectType, ObjectTypeConfig] = Field(min_length=1, description="Object type to its table.")

    @property
    @override
    def most_workers(self) -> int | None:
        """SQLite takes one writer at a time."""
        return 1 if sa.make_url(self.url).get_backend_name() == "sqlite" else None

    @model_validator(mode="after")
    def _changes_are_told_of_all(self) -> Self:
        without = [name for name, each in self.object_types.items() if each.changes is None]
        if without and len(without) < len(self.object_types):
            raise ValueError(f"object_types.{without[0]}.changes: give it to every object type or to none")
        return self

    @property
    def tells_changes(self) -> bool:
        return all(each.changes is not None for each in self.object_types.values())

    @model_validator(mode="after")
    def _references_have_a_type(self) -> Self:
        for name, each in self.object_types.items():
            for attribute, where in each.attributes.items():
                if where.references is not None and where.references not in self.object_types:
                    raise ValueError(
                        f"object_types.{name}.attributes.{attribute}.references: "
                        f"there is no object type {where.references!r}"
                    )
        return self
