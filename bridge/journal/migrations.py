"""Brings a journal file to this version's tables: forward only, each step in one transaction.

`user_version` of the file says how many steps it has taken. Called by `Journal.open` under the ownership lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from bridge.journal import tables
from bridge.model.errors import ConfigurationError
from bridge.telemetry.failpoints import CrashPoint, reach

Step = Callable[[Connection], None]


def _first(connection: Connection) -> None:
    tables.metadata.create_all(connection, checkfirst=False)


def _numbers(connection: Connection) -> None:
    # A file that this version makes has both from its first step.
    columns = connection.exec_driver_sql("SELECT name FROM pragma_table_info('operation')").scalars()
    if "assigned" not in columns:
        connection.exec_driver_sql("ALTER TABLE operation ADD COLUMN assigned TEXT")
    tables.number.create(connection, checkfirst=True)


STEPS: Sequence[Step] = (_first, _numbers)


def migrate(connection: Connection) -> None:
    """Take the steps that the file has not taken. A file of a newer version is refused, untouched."""
    taken = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if taken > len(STEPS):
        raise ConfigurationError(
            f"the journal was written by a newer version (format {taken}, this version knows {len(STEPS)});"
            " install that version again, or restore a backup"
        )
    if not taken and connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
        raise ConfigurationError("the file holds tables, and no journal's; put the journal back, or restore a backup")
    for number, step in enumerate(STEPS[taken:], start=taken + 1):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        step(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {number}")
        reach(CrashPoint.MIGRATING)
        connection.exec_driver_sql("COMMIT")
