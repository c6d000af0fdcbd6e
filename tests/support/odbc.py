"""ODBC's driver manager and PostgreSQL driver: pyodbc needs them from the system, pip cannot bring them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support import apt, locks
from tests.support.engine import HOME

PACKAGES = ("unixodbc", "odbcinst", "odbc-postgresql")
POSTGRESQL = "PostgreSQL Unicode"


class OdbcUnavailableError(Exception):
    """The driver is not on this machine and cannot be put there; the message says how to get it."""


def ensure_postgresql_driver() -> str:
    """The name of the registered driver, installed if need be; raises OdbcUnavailableError."""
    if _registered():
        return POSTGRESQL
    if not apt.is_debian():
        msg = (
            f"ODBC driver {POSTGRESQL!r} is missing. As root on Debian: apt-get install {' '.join(PACKAGES)}"
        )
        raise OdbcUnavailableError(msg)
    with locks.exclusive(HOME / "odbc.lock"):
        try:
            apt.install(*PACKAGES)
        except apt.PackagesUnavailableError as error:
            raise OdbcUnavailableError(str(error)) from error
    return POSTGRESQL


def _registered() -> bool:
    if not Path("/usr/bin/odbcinst").exists():
        return False
    drivers = subprocess.run(["odbcinst", "-q", "-d"], capture_output=True, text=True, check=False).stdout
    return f"[{POSTGRESQL}]" in drivers
