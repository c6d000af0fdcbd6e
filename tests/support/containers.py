"""Real target servers in containers, for tests and for `demo --ldap`.

    with containers.openldap() as server:
        Connection(server.host, server.port, ...)

Ports are published on 127.0.0.1 only and stay the same across a restart. Leaving the block removes the
container.
"""

from __future__ import annotations

import random
import socket
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docker.errors import APIError
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.support.images import target_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker.models.containers import Container as DockerHandle

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections: no one else gets ours meanwhile.
PORTS = range(20_000, 32_000)
CERTIFICATES = ("ca.pem", "client.pem", "client.key")
START_TIMEOUT = 180.0  # seconds: a domain is provisioned first, and machines are busy

# The block removes its container itself, and the reaper's image may not be to be had.
testcontainers_config.ryuk_disabled = True


@dataclass(frozen=True, slots=True)
class Container:
    """A running container, to be disturbed: what a crash test does to a target."""

    wrapped: DockerHandle
    probe: tuple[str, ...]

    def restart(self) -> None:
        """Stops the server in order and starts it again; returns when it answers."""
        self.wrapped.restart(timeout=10)
        self.wait_ready()

    def kill(self) -> None:
        """Kills the server's process, as a crash would."""
        self.wrapped.kill()
        self.wrapped.wait()

    def start(self) -> None:
        """Starts a killed server on the data it left; returns when it answers."""
        self.wrapped.start()
        self.wait_ready()

    def pause(self) -> None:
        """Freezes the server: connections stay open and nothing answers."""
        self.wrapped.pause()

    def unpause(self) -> None:
        """Lets a frozen server go on."""
        self.wrapped.unpause()

    def read(self, path: str) -> bytes:
        """The content of a file in the container."""
        return self.run("cat", path)

    def run(self, *command: str) -> bytes:
        """Runs a command in the container and returns what it printed; raises RuntimeError if it fails."""
        done = self.wrapped.exec_run(list(command))
        output = cast("bytes", done.output)  # an iterator only where a stream was asked for
        if done.exit_code:
            msg = f"{command} failed with {done.exit_code}: {output.decode(errors='replace')}"
            raise RuntimeError(msg)
        return output

    def logs(self) -> str:
        """Everything the server printed since its first start."""
        return self.wrapped.logs().decode(errors="replace")

    def wait_ready(self) -> None:
        """Returns when the server answers; raises TimeoutError with its log."""
        deadline = time.monotonic() + START_TIMEOUT
        while self.wrapped.exec_run(list(self.probe)).exit_code:
            if time.monotonic() > deadline:
                msg = f"The server did not answer within {START_TIMEOUT:.0f} s:\n{self.logs()[-2000:]}"
                raise TimeoutError(msg)
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class OpenLdapServer:
    """An OpenLDAP server for dc=lab,dc=test with ou=people, ou=groups and ou=former, and for o=annex.

    Its certificate names both `tls_name` and `host`; with ldap3 connect to `tls_name`, since on Python 3.12
    and newer ldap3 accepts no address.
    """

    host: str
    port: int
    tls_port: int
    admin_dn: str
    admin_password: str
    ca_pem: Path
    client_pem: Path
    client_key: Path
    container: Container
    base_dn: str = "dc=lab,dc=test"
    tls_name: str = "localhost"


@dataclass(frozen=True, slots=True)
class Ds389Server:
    """A 389 Directory Server with the same entries and the same account as the OpenLDAP one."""

    host: str
    tls_port: int
    ca_pem: Path
    container: Container
    base_dn: str = "dc=lab,dc=test"
    tls_name: str = "localhost"


@dataclass(frozen=True, slots=True)
class ActiveDirectoryServer:
    """A domain controller of lab.test by Samba, with OU=People, OU=Groups and OU=Former.

    `account` may do everything in these three and nothing outside them; `keytab` holds its key for Kerberos.
    """

    host: str
    port: int
    tls_port: int
    admin_dn: str
    admin_password: str
    account: str
    account_password: str
    ca_pem: Path
    kerberos_port: int
    keytab: Path
    container: Container
    base_dn: str = "DC=lab,DC=test"
    tls_name: str = "localhost"
    own_name: str = "dc1.lab.test"


@dataclass(frozen=True, slots=True)
class PostgreSqlServer:
    """A PostgreSQL server with one empty database."""

    host: str
    port: int
    user: str
    password: str
    database: str
    container: Container

    @property
    def url(self) -> str:
        """The address for SQLAlchemy."""
        return f"postgresql+psycopg://{self.user}:{self.password}@{self.host}:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True)
class MariaDbServer:
    """A MariaDB server with one empty database; the login may do everything."""

    host: str
    port: int
    user: str
    password: str
    database: str
    container: Container


@contextmanager
def openldap(
    *, admin_password: str = "admin-secret", dbnosync: bool = False, memberof: bool = False, refint: bool = True
) -> Iterator[OpenLdapServer]:
    """An OpenLDAP server; `dbnosync` gives up durability for speed, `memberof` keeps memberOf on members, without
    `refint` references stay as they are when their object is renamed."""
    environment = {
        "LDAP_ADMIN_PASSWORD": admin_password,
        "SLAPD_DBNOSYNC": str(int(dbnosync)),
        "SLAPD_MEMBEROF": str(int(memberof)),
        "SLAPD_REFINT": str(int(refint)),
    }
    probe = ("ldapsearch", "-x", "-H", "ldap://127.0.0.1", "-b", "", "-s", "base", "-LLL", "namingContexts")
    with (
        _running("openldap", environment, (389, 636), "slapd starting", probe) as (container, ports),
        tempfile.TemporaryDirectory(prefix="ecma-bridge-tls-") as directory,
    ):
        tls = {name: _copy(container, f"/tls/{name}", Path(directory)) for name in CERTIFICATES}
        yield OpenLdapServer(
            host=LOOPBACK,
            port=ports[389],
            tls_port=ports[636],
            admin_dn="cn=admin,dc=lab,dc=test",
            admin_password=admin_password,
            ca_pem=tls["ca.pem"],
            client_pem=tls["client.pem"],
            client_key=tls["client.key"],
            container=container,
        )


@contextmanager
def ds389(*, durable: bool = True) -> Iterator[Ds389Server]:
    """A 389 Directory Server; what is not `durable` gives up durability for speed."""
    probe = ("ldapsearch", "-x", "-H", "ldap://127.0.0.1", "-b", "", "-s", "base", "-LLL", "namingContexts")
    environment = {"DS_DURABLE": str(int(durable))}
    with (
        _running("ds389", environment, (636,), "the directory starts", probe) as (container, ports),
        tempfile.TemporaryDirectory(prefix="ecma-bridge-tls-") as directory,
    ):
        yield Ds389Server(LOOPBACK, ports[636], _copy(container, "/tls/ca.pem", Path(directory)), container)


@contextmanager
def active_directory() -> Iterator[ActiveDirectoryServer]:
    """A domain controller by Samba."""
    probe = ("ldapsearch", "-x", "-H", "ldap://127.0.0.1", "-b", "", "-s", "base", "-LLL", "defaultNamingContext")
    password = "Passw0rd!1"
    # Provisioning writes access lists into file attributes, and calls the controller by its host's name.
    options = {"cap_add": ["SYS_ADMIN"], "hostname": "dc1"}
    with (
        _running("samba-ad", {"AD_ADMIN_PASSWORD": password}, (88, 389, 636), "started.", probe, options) as (
            container,
            ports,
        ),
        tempfile.TemporaryDirectory(prefix="ecma-bridge-tls-") as directory,
    ):
        yield ActiveDirectoryServer(
            host=LOOPBACK,
            port=ports[389],
            tls_port=ports[636],
            admin_dn="CN=Administrator,CN=Users,DC=lab,DC=test",
            admin_password=password,
            account="CN=bridge,CN=Users,DC=lab,DC=test",
            account_password="Bridge-s3cret!",
            ca_pem=_copy(container, "/tls/ca.pem", Path(directory)),
            kerberos_port=ports[88],
            keytab=_copy(container, "/bridge.keytab", Path(directory)),
            container=container,
        )


@contextmanager
def postgresql(
    *, user: str = "bridge", password: str = "bridge-secret", database: str = "lab", fsync: bool = True
) -> Iterator[PostgreSqlServer]:
    """A PostgreSQL server; without `fsync` it gives up durability for speed."""
    environment = {
        "POSTGRES_USER": user,
        "POSTGRES_PASSWORD": password,
        "POSTGRES_DB": database,
        "POSTGRES_FSYNC": "on" if fsync else "off",
    }
    probe = ("pg_isready", "--quiet", "--host", LOOPBACK, "--username", user, "--dbname", database)
    message = "ready to accept connections"
    with _running("postgresql", environment, (5432,), message, probe) as (container, ports):
        yield PostgreSqlServer(LOOPBACK, ports[5432], user, password, database, container)


@contextmanager
def mariadb(
    *, user: str = "bridge", password: str = "bridge-secret", database: str = "lab", fsync: bool = True
) -> Iterator[MariaDbServer]:
    """A MariaDB server; without `fsync` it gives up durability for speed."""
    environment = {
        "MARIADB_USER": user,
        "MARIADB_PASSWORD": password,
        "MARIADB_DATABASE": database,
        "MARIADB_FSYNC": "on" if fsync else "off",
    }
    probe = ("mariadb-admin", "ping", "--silent", "--host", LOOPBACK)  # a refused login is an answer too
    with _running("mariadb", environment, (3306,), "ready for connections", probe) as (container, ports):
        yield MariaDbServer(LOOPBACK, ports[3306], user, password, database, container)


@contextmanager
def _running(
    target: str,
    environment: Mapping[str, str],
    inner: tuple[int, ...],
    message: str,
    probe: tuple[str, ...],
    options: Mapping[str, Any] | None = None,
) -> Iterator[tuple[Container, dict[int, int]]]:
    """Starts the target's image and waits for it; gives it and the published port of each inner one."""
    container, ports = _start(target_image(target), environment, inner, message, options or {})
    try:
        handle = Container(container.get_wrapped_container(), probe)
        handle.wait_ready()
        yield handle, ports
    finally:
        container.stop()


def _start(
    image: str,
    environment: Mapping[str, str],
    inner: tuple[int, ...],
    message: str,
    options: Mapping[str, Any],
    attempts: int = 3,
) -> tuple[DockerContainer, dict[int, int]]:
    ready = LogMessageWaitStrategy(message).with_startup_timeout(int(START_TIMEOUT)).with_poll_interval(0.05)
    container = DockerContainer(image).with_envs(**environment).with_kwargs(**options).waiting_for(ready)
    ports = {port: _free_port() for port in inner}
    # testcontainers publishes on every address; the engine itself takes an address too.
    published: dict[str, Any] = {f"{port}/tcp": (LOOPBACK, ports[port]) for port in inner}
    container.ports = published
    try:
        return container.start(), ports
    except BaseException as error:
        container.stop()
        if attempts > 1 and isinstance(error, APIError) and "port" in str(error.explanation):
            return _start(image, environment, inner, message, options, attempts - 1)
        raise


def _free_port() -> int:
    """A port that nothing listens on now; chosen here, since one from the engine changes at a restart."""
    for port in random.sample(PORTS, k=100):
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)):
                return port
    msg = f"No free port was found between {PORTS.start} and {PORTS.stop}"
    raise RuntimeError(msg)


def _copy(container: Container, path: str, directory: Path) -> Path:
    copy = directory / Path(path).name
    copy.touch(mode=0o600)
    copy.write_bytes(container.read(path))
    return copy
