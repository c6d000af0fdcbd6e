"""ODBC's driver manager and PostgreSQL driver: pyodbc needs them from the system, pip cannot bring them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support import apt, locks
from tests.support.engine import HOME

PACKAGES = ("unixodbc", "odbcinst", "odbc-postgresql")
POSTGRESQL = "PostgreSQL Unicode"


def ensure_postgresql_driver() -> str:
    """The name of the registered driver, installed if need be; raises apt.PackagesUnavailableError."""
    if not _registered():
        with locks.exclusive(HOME / "odbc.lock"):
            apt.install(*PACKAGES)
    return POSTGRESQL


def _registered() -> bool:
    if not Path("/usr/bin/odbcinst").exists():
        return False
    drivers = subprocess.run(["odbcinst", "-q", "-d"], capture_output=True, text=True, check=False).stdout
    return f"[{POSTGRESQL}]" in drivers
