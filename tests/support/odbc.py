"""ODBC's driver manager and drivers: pyodbc needs them from the system, pip cannot bring them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support import apt, locks
from tests.support.engine import HOME

MANAGER = ("unixodbc", "odbcinst")
POSTGRESQL = "PostgreSQL Unicode"
MARIADB = "MariaDB Unicode"
PACKAGES = {POSTGRESQL: "odbc-postgresql", MARIADB: "odbc-mariadb"}


def ensure_postgresql_driver() -> str:
    """The name of the registered driver, installed if need be; raises apt.PackagesUnavailableError."""
    return _ensure(POSTGRESQL)


def ensure_mariadb_driver() -> str:
    """The same for MariaDB's."""
    return _ensure(MARIADB)


def _ensure(driver: str) -> str:
    if not _registered(driver):
        with locks.exclusive(HOME / "odbc.lock"):
            apt.install(*MANAGER, PACKAGES[driver])
    return driver


def _registered(driver: str) -> bool:
    if not Path("/usr/bin/odbcinst").exists():
        return False
    drivers = subprocess.run(["odbcinst", "-q", "-d"], capture_output=True, text=True, check=False).stdout
    return f"[{driver}]" in drivers
