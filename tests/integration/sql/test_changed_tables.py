"""A table that was changed under an open connector is read anew, without a restart."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from bridge.sdk import Applied, Deferred
from tests.support.sql_connector import create, opened, user
from tests.support.sql_tables import sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_batch_after_the_one_that_notices_goes_by_the_new_table(tmp_path: Path):
    file = tmp_path / "people.db"
    with opened(sqlite_settings(file)) as people:
        with closing(sqlite3.connect(file)) as database:
            database.execute("ALTER TABLE person RENAME COLUMN title TO job")
        assert isinstance(people.one(create(user("ann"), title=("chief",))), Deferred)
        assert isinstance(people.one(create(user("ann"), job=("chief",))), Applied)
