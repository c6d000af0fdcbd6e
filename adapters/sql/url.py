"""The URL of a database, as far as it can be judged before anything is opened.

Checked by `config.py` when the configuration is read; `dialects.py` chooses the engine by it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

DRIVERS: Final = ("sqlite+pysqlite", "postgresql+psycopg", "mariadb+pymysql", "mysql+pymysql", "mariadb+pyodbc")
_DEFAULTS: Final = {name.partition("+")[0]: name for name in reversed(DRIVERS)}
"""The driver where the URL names none: the first of its engine."""


def driver_of(url: sa.URL) -> str:
    """ValueError with those that there are if it is another one."""
    driver = _DEFAULTS.get(url.drivername, url.drivername)
    if driver not in DRIVERS:
        raise ValueError(f"begins with an engine or a driver that is not supported; there are {', '.join(DRIVERS)}")
    return driver


def checked_url(text: str) -> str:
    """ValueError if it cannot lead to a database. It may hold a password, so no message repeats it."""
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise ValueError("not an SQLAlchemy URL, such as postgresql+psycopg://login@host/database") from None
    driver_of(url)
    if url.password is not None or "password" in url.query:
        raise ValueError("holds a password; take it out and give `password: file:...` instead")
    if url.get_backend_name() == "sqlite":
        _check_file(url.database)
    return text


def _check_file(database: str | None) -> None:
    if not database or database == ":memory:" or database.startswith("file:"):
        raise ValueError("names no file, and a database in memory ends with the service; write sqlite:////path/file.db")
    if not Path(database).is_absolute():
        raise ValueError(
            "the file's path is not absolute, and the service's working directory is not yours; write"
            " sqlite:////path/file.db, with four slashes"
        )
