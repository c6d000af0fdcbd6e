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
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar

from cryptography.x509 import IPAddress

from tests.integration.rpc.certificates import Authority
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
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
sizelimit unlimited
database mdb
suffix {base}
rootdn {admin}
rootpw {password}
directory {database}
maxsize 4294967296
index objectClass,uid,mail,member,entryUUID,entryCSN eq
{sync}
"""

_SEED = """
dn: {base}
objectClass: dcObject
objectClass: organization
dc: bench
o: bench

dn: ou=archive,{base}
objectClass: organizationalUnit
ou: archive
"""


class Sync(Enum):
    """Whether each write is on disk before it is answered."""

    FSYNC = ""
    NONE = "dbnosync"


_PERSON = """
dn: uid={login},{base}
objectClass: inetOrgPerson
uid: {login}
cn: Person {login}
sn: {login}
givenName: Per
displayName: Person {login}
mail: {login}@lab.test
title: Engineer
employeeNumber: {number}
telephoneNumber: +49 30 {number}
departmentNumber: 42
"""


@dataclass(frozen=True, slots=True)
class Content:
    """What the directory holds from the start: so many people of ten attributes, and groups of so many of them."""

    people: int = 0
    big_groups: tuple[str, ...] = ()
    members: int = 0

    def ldif(self) -> Iterator[str]:
        for number in range(self.people):
            yield _PERSON.format(login=f"person-{number}", base=Slapd.base, number=number)
        for label in self.big_groups:
            yield f"\ndn: cn=big-{label},{Slapd.base}\nobjectClass: groupOfNames\ncn: big-{label}\n"
            yield from (f"member: uid=person-{number},{Slapd.base}\n" for number in range(self.members))


@dataclass(frozen=True, slots=True)
class Slapd:
    """A server that answers on loopback."""

    base: ClassVar = "dc=bench,dc=test"
    admin_dn: ClassVar = "cn=admin,dc=bench,dc=test"

    url: str
    tls_url: str
    password_file: Path
    ca_file: Path


EMPTY = Content()


@contextmanager
def running(directory: Path, sync: Sync, content: Content = EMPTY) -> Iterator[Slapd]:
    """A server with a directory under `Slapd.base`."""
    directory.mkdir()
    config = _prepare(directory, sync, content)
    port, tls_port = _free_port(), _free_port()
    urls = f"ldap://127.0.0.1:{port}", f"ldaps://127.0.0.1:{tls_port}"
    server = Slapd(*urls, directory / "password", directory / "authority.pem")
    with (directory / "slapd.log").open("wb") as log:
        command = [_program("slapd"), "-f", config, "-h", " ".join(urls), "-d", "none"]
        process = subprocess.Popen(command, stderr=log)
    try:
        _wait_for(port, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def _prepare(directory: Path, sync: Sync, content: Content) -> Path:
    """The configuration, with the database that it speaks of."""
    database, config, seed, password = (directory / name for name in ("db", "slapd.conf", "seed.ldif", "password"))
    database.mkdir()
    values = {"base": Slapd.base, "admin": Slapd.admin_dn, "password": PASSWORD, "database": database}
    own = Authority(directory).issue("slapd", names=[IPAddress(ip_address("127.0.0.1"))])
    files = {"certificate": own.certificate, "key": own.key}
    config.write_text(_CONFIG.format(**values, **files, sync=sync.value))
    with seed.open("w") as ldif:
        ldif.write(_SEED.format(base=Slapd.base))
        ldif.writelines(content.ldif())
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
