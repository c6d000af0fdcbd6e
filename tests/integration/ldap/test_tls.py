"""Fault 21: a server whose certificate is not good is refused with the reason, and nothing is said to it in clear."""

from __future__ import annotations

import hashlib
import socket
import ssl
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from adapters.ldap import tls
from adapters.ldap.config import Tls
from bridge.sdk import BadCredentialsError, ConnectionFailedError
from tests.integration.ldap.test_phases import client
from tests.integration.rpc.certificates import Authority, Pair
from tests.support import ldap_messages
from tests.support.tcp_server import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.containers import OpenLdapServer

LOCALHOST = [x509.DNSName("localhost")]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def issued(authority: Authority, what: str) -> Pair:
    match what:
        case "expired":
            return authority.issue("localhost", names=LOCALHOST, until=datetime.now(UTC) - timedelta(hours=1))
        case "of another authority":
            return Authority(authority.directory, "other").issue("localhost", names=LOCALHOST)
        case "of another host":
            return authority.issue("ldap.example.org", names=[x509.DNSName("ldap.example.org")])
        case _:
            return authority.issue("localhost", names=LOCALHOST)


def context_of(pair: Pair) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pair.certificate, pair.key)
    return made


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("expired", "expired"),
        ("of another authority", "unable to get local issuer|self-signed"),
        ("of another host", "Hostname mismatch"),
    ],
)
@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_21_a_certificate_that_is_not_good(authority: Authority, what: str, reason: str, scheme: str):
    context = context_of(issued(authority, what))
    said: list[bytes] = []

    def serve(peer: socket.socket) -> None:
        if scheme == "ldap":
            number, _ = next(ldap_messages.requests(peer))
            peer.sendall(ldap_messages.result(number, ldap_messages.EXTENDED))
        with suppress(OSError), context.wrap_socket(peer, server_side=True) as secured:
            said.append(secured.recv(65536))

    with serving(serve) as port, pytest.raises(ConnectionFailedError, match=rf"not trusted \(TLS\).*({reason})"):
        client(f"{scheme}://localhost:{port}", tls={"ca_file": str(authority.path)}).connect()
    assert not any(said)


def test_21_a_cipher_that_is_too_weak(authority: Authority):
    context = context_of(issued(authority, "good"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")

    def serve(peer: socket.socket) -> None:
        with context.wrap_socket(peer, server_side=True):
            pytest.fail("the handshake succeeded")

    with serving(serve) as port, pytest.raises(ConnectionFailedError, match=r"failed \(TLS\)"):
        client(f"ldaps://localhost:{port}", tls={"ca_file": str(authority.path)}).connect()


def test_21_a_server_that_refuses_starttls_is_not_spoken_to_in_clear():
    said: list[int] = []

    def refuse(peer: socket.socket) -> None:
        for number, tag in ldap_messages.requests(peer):
            said.append(tag)
            peer.sendall(ldap_messages.result(number, ldap_messages.EXTENDED, 2))

    with serving(refuse) as port, pytest.raises(ConnectionFailedError, match="refuses StartTLS"):
        client(f"ldap://localhost:{port}").connect()
    assert said == [0x77], "one extended request, and no bind"


def test_49_an_account_that_is_refused_is_not_tried_at_the_other_servers():
    binds: list[int] = []

    def refuse(peer: socket.socket) -> None:
        for number, tag in ldap_messages.requests(peer):
            binds.append(tag)
            peer.sendall(ldap_messages.result(number, ldap_messages.BIND, 49))

    with serving(refuse) as first, serving(refuse) as second:
        urls: dict[str, Any] = {"urls": [f"ldap://127.0.0.1:{port}" for port in (first, second)], "protection": "none"}
        with closing(client("", **urls)) as ours, pytest.raises(BadCredentialsError):
            ours.connect()
    assert binds == [0x60]


def test_a_bind_is_tied_to_the_certificate_that_the_server_showed(openldap_server: OpenLdapServer):
    """RFC 5929 §4.1, for a certificate signed with SHA-256."""
    address = (openldap_server.host, openldap_server.tls_port)
    trusted = tls.context(Tls(ca_file=openldap_server.ca_pem))
    with tls.wrap(socket.create_connection(address), trusted, openldap_server.tls_name, 10) as connected:
        binding = tls.channel_binding(connected)
    shown = ssl.PEM_cert_to_DER_cert(openldap_server.container.read("/tls/server.pem").decode())
    assert binding == b"tls-server-end-point:" + hashlib.sha256(shown).digest()
