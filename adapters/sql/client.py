"""One connection, its transactions and savepoints: the edge at which the driver's errors become the bridge's.

Owned by one adapter instance and used from one thread. What a lost connection means depends on when it was lost:
before COMMIT was sent the database rolls back (surely not applied); at COMMIT nobody knows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.sql.config import SqlConfig
from adapters.sql.dialect import Dialect, Intent
from adapters.sql.dialects import dialect_of
from adapters.sql.errors import ERRORS, is_no_savepoint, scrubbed
from bridge.sdk import (
    BridgeError,
    ConnectionBrokenError,
    ConnectionFailedError,
    Secret,
    ThrottledError,
    UnexpectedError,
    translate,
)

Parameters = Sequence[Mapping[str, Any]] | Mapping[str, Any]


class Client:
    """An open connection. The constructor connects; ConnectionFailedError, BadCredentialsError or
    ConfigurationError if it cannot.
    """

    def __init__(self, config: SqlConfig, password: Secret | None) -> None:
        url = sa.make_url(config.url)
        self.dialect: Dialect = dialect_of(url)
        checked = self.dialect.checked_url(url)
        self._intent = Intent.READ
        self._engine = sa.create_engine(
            checked.set(password=password.reveal()) if password else checked,
            connect_args=dict(self.dialect.connect_arguments(config, url)),
            poolclass=sa.pool.NullPool,
            hide_parameters=True,
            **self.dialect.engine_arguments(config, url, password),
        )
        self._session_statements = self.dialect.session_statements(config)
        sa.event.listen(self._engine, "connect", self._on_connect)
        sa.event.listen(self._engine, "begin", self._on_begin)
        try:
            with scrubbed():
                self.connection = self._engine.connect()
        except ConnectionFailedError as error:
            raise ConnectionFailedError(f"{_place(url)}: {error.message}") from None
        # What was looked at before is what was opened.
        self.dialect.check_place()

    def _on_connect(self, raw: Any, _record: object) -> None:
        with contextlib.closing(raw.cursor()) as cursor:
            for statement in self._session_statements:
                cursor.execute(statement)
        raw.commit()

    def _on_begin(self, connection: sa.Connection) -> None:
        statement = self.dialect.begin_statement(self._intent)
        if statement is not None:
            connection.exec_driver_sql(statement)

    def close(self) -> None:
        """Let go of the connection; the database rolls back what was not committed."""
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            self.connection.close()
        self._engine.dispose()

    @contextlib.contextmanager
    def transaction(self, intent: Intent) -> Iterator[None]:
        """Commit at the end, roll back if anything is raised. ConnectionBrokenError: lost at the commit."""
        self.dialect.check_place()
        self._intent = intent
        with scrubbed():
            begun = self.connection.begin()
        try:
            yield
        except BaseException:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                begun.rollback()
            raise
        self._commit(begun)

    def _commit(self, begun: sa.RootTransaction) -> None:
        try:
            begun.commit()
        except sa.exc.SQLAlchemyError as error:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                begun.rollback()
            raise _at_commit(translate(error, ERRORS)) from None

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was done inside if anything is raised; the transaction goes on."""
        with scrubbed():
            begun = self.connection.begin_nested()
        try:
            yield
        except ThrottledError:
            # MariaDB has undone the whole transaction after a deadlock, and knows no savepoint any more.
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                begun.rollback()
            raise
        except BaseException:
            with scrubbed(), _there():
                begun.rollback()
            raise
        try:
            with scrubbed(), _there():
                begun.commit()
        except BridgeError:
            # SQLAlchemy goes on only when it has seen the end of it.
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                begun.rollback()
            raise

    def execute(self, statement: sa.Executable, parameters: Parameters = ()) -> sa.CursorResult[Any]:
        """Carry out one statement, or one for each of several sets of parameters."""
        with scrubbed():
            return self.connection.execute(statement, parameters or None)

    def carried_out(
        self, statement: sa.Executable, parameters: Mapping[str, Any]
    ) -> tuple[int, Sequence[sa.RowMapping]]:
        """How many rows one statement touched, or returned, and those that it returned."""
        with scrubbed():
            result = self.connection.execute(statement, parameters)
            rows = result.mappings().all() if result.returns_rows else ()
            return (len(rows) if result.returns_rows else result.rowcount), rows

    def count(self, statement: sa.Executable, parameters: Sequence[Mapping[str, Any]]) -> int:
        """How many rows the statement touched, in all."""
        if self.connection.dialect.supports_sane_multi_rowcount:
            return self.execute(statement, parameters).rowcount
        # ODBC tells no count of several sets of parameters.
        return sum(self.execute(statement, each).rowcount for each in parameters)

    @property
    def returns_keys(self) -> bool:
        """Whether an INSERT of several rows returns what the database made; MySQL's does not."""
        return self.connection.dialect.insert_executemany_returning

    def create(self, table: sa.Table) -> None:
        """CREATE TABLE, with its indexes."""
        with scrubbed():
            table.create(self.connection)

    def rights(self, table: sa.Table) -> Sequence[str]:
        """Which rights the login has on the table, as far as the catalogue tells."""
        with scrubbed():
            return self.dialect.rights(self.connection, table)

    def rows(self, statement: sa.Executable, parameters: Parameters = ()) -> Sequence[sa.Row[Any]]:
        """All rows of the statement."""
        with scrubbed():
            return self.connection.execute(statement, parameters or None).all()


@contextlib.contextmanager
def _there() -> Iterator[None]:
    """UnexpectedError if the savepoint is gone: a procedure has ended our transaction."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        if not is_no_savepoint(error):
            raise
        raise UnexpectedError(
            "the procedure has ended the bridge's transaction by a COMMIT or ROLLBACK of its own: take that out; "
            "whether it took effect is not known"
        ) from None


def _at_commit(error: BridgeError) -> BridgeError:
    if isinstance(error, ConnectionFailedError):
        return ConnectionBrokenError("the connection was lost at the commit; whether it took effect is not known")
    return error


def _place(url: sa.URL) -> str:
    """HOST:PORT of a server, or the file."""
    if not url.host:
        return url.database or url.get_backend_name()
    default = {"postgresql": 5432}.get(url.get_backend_name(), 3306)
    return f"{url.host}:{url.port or default}"
