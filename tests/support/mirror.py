"""Two OpenLDAP servers that each take over what the other was told, as a pair in use does."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker

from tests.support import containers
from tests.support.containers import LOOPBACK, Container
from tests.support.engine import ensure_engine
from tests.support.images import target_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container as DockerHandle

PORTS = ((389, 636), (1389, 1636))


@dataclass(frozen=True, slots=True)
class Mirrored:
    """One of the two. Both have the name `localhost`."""

    port: int
    tls_port: int
    ca_pem: Path
    container: Container
    base_dn: str = "dc=lab,dc=test"
    tls_name: str = "localhost"


@contextmanager
def mirrored_openldap() -> Iterator[tuple[Mirrored, Mirrored]]:
    """The pair; what one is told the other has soon. The first holds the seed, the second has it by replication."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ecma-bridge-tls-")))
        holder, published = stack.enter_context(_shared_network())
        made = []
        for number, (port, tls_port) in enumerate(PORTS, start=1):
            probe = ("ldapsearch", "-x", "-H", f"ldap://127.0.0.1:{port}", "-b", "", "-s", "base", "-LLL", "1.1")
            environment = {
                "LDAP_ADMIN_PASSWORD": "admin-secret",
                "SLAPD_DBNOSYNC": "1",
                "SLAPD_SERVER_ID": str(number),
                "SLAPD_PORT": str(port),
                "SLAPD_TLS_PORT": str(tls_port),
                "SLAPD_PEER": f"ldap://127.0.0.1:{PORTS[number % 2][0]}",
            }
            options = {"network_mode": f"container:{holder.id}"}
            container, _ = stack.enter_context(
                containers._running("openldap", environment, (), "slapd starting", probe, options)
            )
            (directory / str(number)).mkdir()
            ca_pem = containers._copy(container, "/tls/ca.pem", directory / str(number))
            made.append(Mirrored(published[port], published[tls_port], ca_pem, container))
        yield made[0], made[1]


@contextmanager
def _shared_network() -> Iterator[tuple[DockerHandle, dict[int, int]]]:
    """A container that does nothing: its network, in which the servers find each other on loopback, outlives them."""
    ports = {port: containers._free_port() for pair in PORTS for port in pair}
    client = docker.DockerClient(base_url=ensure_engine(), timeout=60)
    published = {f"{inner}/tcp": (LOOPBACK, outer) for inner, outer in ports.items()}
    holder = client.containers.run(
        target_image("openldap"), entrypoint=["sleep", "infinity"], ports=published, detach=True, init=True
    )
    try:
        yield holder, ports
    finally:
        holder.remove(force=True)
        client.close()
