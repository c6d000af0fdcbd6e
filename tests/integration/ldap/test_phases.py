"""Faults 18 and 20: a server hangs in one phase of a connection. The wait ends, and the error says in which phase."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.ldap import conditions, encoding
from adapters.ldap.client import Client
from adapters.ldap.config import LdapConfig
from adapters.ldap.decoding import Response
from adapters.ldap.encoding import Scope
from bridge.sdk import AdapterContext, ConnectionFailedError, ConnectorName, OperationTimeoutError, Secret
from tests.support import ldap, ldap_messages
from tests.support.tcp_server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.tcp_server import Behave

SHORT = 0.3  # seconds
WRITE = encoding.delete("cn=x")
READ = encoding.search("cn=x", Scope.BASE, conditions.present("objectClass"), ("*",), limit=1)


def client(url: str, **changed: Any) -> Client:
    settings = {
        "urls": [url],
        "bind": {"method": "simple", "dn": ldap.ACCOUNT, "password": "file:/account"},
        "base": "dc=lab,dc=test",
        "object_types": ldap.OBJECT_TYPES,
        **changed,
    }
    context = AdapterContext(ConnectorName("staff"), lambda _: Secret(ldap.ACCOUNT_PASSWORD))
    return Client(LdapConfig.model_validate(settings), context)


def silent(peer: socket.socket) -> None:
    while peer.recv(65536):
        pass


def agrees_to_tls_and_is_silent(peer: socket.socket) -> None:
    message_id, _ = next(ldap_messages.requests(peer))
    peer.sendall(ldap_messages.result(message_id, ldap_messages.EXTENDED))
    silent(peer)


def binds_and_is_silent(peer: socket.socket) -> None:
    for _ in ldap_messages.bound(peer):
        pass


@pytest.mark.parametrize(
    ("url", "protection", "behave", "phase"),
    [
        ("ldaps://127.0.0.1:{}", "required", silent, r"timed out \(TLS\)"),
        ("ldap://127.0.0.1:{}", "required", silent, r"timed out \(TLS\)"),
        ("ldap://127.0.0.1:{}", "required", agrees_to_tls_and_is_silent, r"timed out \(TLS\)"),
        ("ldap://127.0.0.1:{}", "none", silent, r"timed out \(bind\)"),
    ],
    ids=["tls", "starttls", "handshake after starttls", "bind"],
)
def test_it_hangs_while_we_connect(url: str, protection: str, behave: Behave, phase: str):
    with serving(behave) as port, pytest.raises(ConnectionFailedError, match=phase):
        client(url.format(port), protection=protection, connect_timeout_seconds=SHORT).connect()


def test_it_takes_no_connection():
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        # Those that wait to be taken fill its queue; the kernel then leaves the next one without an answer.
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        with pytest.raises(ConnectionFailedError, match=r"timed out \(connect\)"):
            client(f"ldaps://127.0.0.1:{listener.getsockname()[1]}", connect_timeout_seconds=SHORT).connect()


def test_nobody_listens():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionFailedError, match=r"refused \(connect\)"):
        client(f"ldaps://127.0.0.1:{port}").connect()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="gives itself a name server, which needs root")
def test_the_name_server_is_silent(tmp_path: Path):
    (tmp_path / "resolv.conf").write_text("nameserver 127.77.0.1\n")
    script = tmp_path / "connect.py"
    script.write_text(
        textwrap.dedent("""
        import socket
        from bridge.sdk import ConnectionFailedError
        from tests.integration.ldap.test_phases import client
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silent.bind(("127.77.0.1", 53))
        try:
            client("ldaps://ldap.example.org", connect_timeout_seconds=0.3).connect()
        except ConnectionFailedError as error:
            assert silent.recv(512)
            print(error.message)
        """)
    )
    mounted = 'mount --bind "$1" /etc/resolv.conf && exec "$2" "$3"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounted, "sh", tmp_path / "resolv.conf", sys.executable, script],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "timed out (connect)" in done.stdout


def test_an_operation_hangs():
    with (
        serving(binds_and_is_silent) as port,
        closing(client(f"ldap://127.0.0.1:{port}", protection="none", operation_timeout_seconds=SHORT)) as ours,
    ):
        ours.connect()
        write, read = ours.exchange([WRITE, READ])
    assert isinstance(write, OperationTimeoutError)
    assert isinstance(read, ConnectionFailedError)


def test_a_connection_that_only_seems_open_is_found_before_a_write_is_risked():
    """As behind a firewall that has forgotten it: no end arrives, and no answer."""
    connections: list[int] = []

    def first_falls_silent(peer: socket.socket) -> None:
        connections.append(1)
        falls_silent = len(connections) == 1
        for message_id, _ in ldap_messages.bound(peer):
            if not falls_silent:
                peer.sendall(ldap_messages.result(message_id, ldap_messages.DELETE))

    with (
        serving(first_falls_silent) as port,
        closing(client(f"ldap://127.0.0.1:{port}", protection="none", connect_timeout_seconds=1)) as ours,
    ):
        ours.connect()
        with pytest.raises(ConnectionFailedError, match="no answer within"):
            ours.check_alive()
        [answer] = ours.exchange([WRITE])
    assert isinstance(answer, Response)
    assert len(connections) == 2


@pytest.fixture
def connected() -> Iterator[socket.socket]:
    with serving(binds_and_is_silent) as port, closing(client(f"ldap://127.0.0.1:{port}", protection="none")) as ours:
        ours.connect()
        assert ours._session is not None
        yield ours._session.pipeline._socket


def test_the_kernel_watches_the_connection(connected: socket.socket):
    assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    if sys.platform == "linux":
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
