"""A slapd of our own, started directly: a container's network and storage would blur the figure.

In its database nothing but what a directory needs; how it writes to disk is what is compared.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import ClassVar

from tests.support import apt

START_SECONDS = 20.0
PASSWORD = "bench-secret"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
loglevel none
database mdb
suffix {base}
rootdn {admin}
rootpw {password}
directory {database}
maxsize 4294967296
index objectClass,uid,mail,entryUUID,entryCSN eq
{sync}
"""

_SEED = """
dn: {base}
objectClass: dcObject
objectClass: organization
dc: bench
o: bench
"""


class Sync(Enum):
    """Whether each write is on disk before it is answered."""

    FSYNC = ""
    NONE = "dbnosync"


@dataclass(frozen=True, slots=True)
class Slapd:
    """A server that answers on loopback."""

    base: ClassVar = "dc=bench,dc=test"
    admin_dn: ClassVar = "cn=admin,dc=bench,dc=test"

    url: str
    password_file: Path


@contextmanager
def running(directory: Path, sync: Sync) -> Iterator[Slapd]:
    """A server with an empty directory under `Slapd.base`."""
    directory.mkdir()
    config = _prepare(directory, sync)
    port = _free_port()
    server = Slapd(f"ldap://127.0.0.1:{port}", directory / "password")
    with (directory / "slapd.log").open("wb") as log:
        command = [_program("slapd"), "-f", config, "-h", server.url, "-d", "none"]
        process = subprocess.Popen(command, stderr=log)
    try:
        _wait_for(port, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def _prepare(directory: Path, sync: Sync) -> Path:
    """The configuration, with the database that it speaks of."""
    database, config, seed, password = (directory / name for name in ("db", "slapd.conf", "seed.ldif", "password"))
    database.mkdir()
    values = {"base": Slapd.base, "admin": Slapd.admin_dn, "password": PASSWORD, "database": database}
    config.write_text(_CONFIG.format(**values, sync=sync.value))
    seed.write_text(_SEED.format(base=Slapd.base))
    password.write_text(PASSWORD)
    password.chmod(0o600)
    subprocess.run([_program("slapadd"), "-q", "-f", config, "-l", seed], check=True)
    return config


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None:
        apt.install("slapd")
    return found or f"/usr/sbin/{name}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        if process.poll() is not None or time.monotonic() > deadline:
            msg = "slapd did not start"
            raise RuntimeError(msg)
        time.sleep(0.02)
