"""What an engine has to tell about itself: the parent of those in `dialects.py`, `mariadb.py`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, assert_never

import sqlalchemy as sa

from adapters.sql.codec import Storage
from adapters.sql.config import SqlConfig
from adapters.sql.routine import Routine
from bridge.sdk import Secret, filters

SILENCE: Final = 30
"""Seconds without an answer of the server's machine after which a connection is taken for lost."""

_LOCAL: Final = re.compile(r"/[^,]*|127\.\d+\.\d+\.\d+")

RIGHTS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")


class Intent(StrEnum):
    """What a transaction is for; SQLite takes its write lock at the beginning, or never gets it without a risk."""

    READ = "read"
    WRITE = "write"


class Dialect(ABC):
    """One engine."""

    storage: Storage

    @abstractmethod
    def connect_arguments(self, config: SqlConfig, url: sa.URL) -> Mapping[str, Any]:
        """Arguments of the driver's connect that the URL does not give: timeouts, protection, transactions."""

    @abstractmethod
    def engine_arguments(self, config: SqlConfig, url: sa.URL, password: Secret | None) -> Mapping[str, Any]:
        """Arguments of `create_engine`: `creator`, where SQLAlchemy cannot make the driver's arguments of the URL."""

    @abstractmethod
    def checked_url(self, url: sa.URL) -> sa.URL:
        """The URL to connect by. ConfigurationError if it is incomplete, ConnectionFailedError if it names what is
        not there."""

    @abstractmethod
    def check_place(self) -> None:
        """ConnectionFailedError if the URL no longer leads to what the open connection speaks with."""

    @abstractmethod
    def session_statements(self, config: SqlConfig) -> Sequence[str]:
        """Sent once after connecting."""

    @abstractmethod
    def begin_statement(self, intent: Intent) -> str | None:
        """Sent at the beginning of a transaction, where the driver does not begin one itself."""

    @abstractmethod
    def stored_as(self, kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
        """The type that values of a catalogue type are bound as."""

    @abstractmethod
    def check_table(self, table: sa.Table, where: str) -> None:
        """ConfigurationError naming `where` in the configuration if the table cannot take part in a transaction."""

    @abstractmethod
    def contains(self, column: sa.ColumnElement[Any], comparison: filters.Comparison, text: str) -> Any:
        """The clause of starts_with, ends_with and contains; exact in case."""

    @abstractmethod
    def version_query(self) -> str:
        """Gives the engine's version as text."""

    @abstractmethod
    def rights(self, connection: sa.Connection, table: sa.Table) -> Sequence[str]:
        """Which of RIGHTS the login has on the table, as far as the catalogue tells. ConnectionFailedError with the
        fix, where it is the whole database that cannot be written."""

    @abstractmethod
    def routines(self, connection: sa.Connection, name: str, schema: str | None) -> Sequence[Routine]:
        """The procedures of that name that the login may execute, in its default schema if none is given."""

    @abstractmethod
    def call(self, routine: Routine, given: Mapping[str, str]) -> Sequence[str]:
        """The statements that call it, with the parameter that is given for each argument; their rows are what it
        gives back."""


def is_local(url: sa.URL) -> bool:
    """Whether every server is on this machine: a Unix socket or the loopback. What is not told apart is not."""
    hosts = [*([url.host] if url.host else []), *url.normalized_query.get("host", ())]
    return all(host in {"localhost", "::1"} or _LOCAL.fullmatch(host) for host in hosts)


def around(comparison: filters.Comparison, literal: str, anything: str) -> str:
    match comparison:
        case filters.Comparison.STARTS_WITH:
            return literal + anything
        case filters.Comparison.ENDS_WITH:
            return anything + literal
        case filters.Comparison.CONTAINS:
            return anything + literal + anything
        case filters.Comparison.EQUAL | filters.Comparison.GREATER_OR_EQUAL | filters.Comparison.LESS_OR_EQUAL:
            raise AssertionError(f"{comparison} is no pattern")
    assert_never(comparison)
