"""Mutual TLS: who is let in, who is not, and certificates that change while streams are open."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from cryptography import x509

from bridge.client import Accepted, BridgeClient, Settled, TlsFiles
from bridge.ingress.rpc import CallerDirectory
from bridge.model import BridgeError, ConfigurationError, PermissionDeniedError, UnavailableError
from tests.integration.rpc.bridge import ME, RunningBridge, create, running
from tests.integration.rpc.certificates import DAY, Authority
from tests.support.log_lines import logged

HR = x509.DNSName("hr.example.org")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def bridge(authority: Authority, tmp_path: Path) -> Iterator[RunningBridge]:
    directory = CallerDirectory(certificates={"hr.example.org": ME, "urn:bridge:hr": ME, "hr-common-name": ME})
    with running(tmp_path, directory, tls=authority.listener(authority.server())) as started:
        yield started


def connectors(bridge: RunningBridge, files: TlsFiles | None) -> int:
    with BridgeClient(bridge.address, tls=files, timeout=10) as client:
        return len(client.connectors())


@pytest.mark.parametrize(
    ("common_name", "names"),
    [
        ("someone", [HR]),
        ("someone", [x509.UniformResourceIdentifier("urn:bridge:hr")]),
        ("hr-common-name", []),
        ("someone", [x509.DNSName("other.example.org"), HR]),
    ],
    ids=["dns name", "uri", "common name", "one of two dns names"],
)
def test_a_caller_is_who_its_certificate_names(
    bridge: RunningBridge, authority: Authority, common_name: str, names: list[x509.GeneralName]
):
    files = authority.files(authority.issue(common_name, names=names, file="client"))
    with BridgeClient(bridge.address, tls=files) as client:
        assert client.submit(create()).caller == ME.name


@pytest.mark.parametrize(
    ("common_name", "names"),
    [
        ("someone", [x509.DNSName("other.example.org")]),
        ("hr-common-name", [x509.DNSName("other.example.org")]),
        ("someone", [x509.DNSName("other.example.org"), x509.UniformResourceIdentifier("urn:bridge:hr")]),
        ("someone", []),
    ],
    ids=["unknown", "the common name does not count beside a dns name", "nor does a uri", "unknown common name"],
)
def test_fault_21_a_certificate_without_a_callers_name_is_refused(
    bridge: RunningBridge, authority: Authority, common_name: str, names: list[x509.GeneralName]
):
    files = authority.files(authority.issue(common_name, names=names, file="client"))
    with pytest.raises(PermissionDeniedError, match="no caller has a name of this certificate"):
        connectors(bridge, files)


def test_an_unknown_peer_is_refused_before_its_request_is_decoded(bridge: RunningBridge, authority: Authority):
    pair = authority.issue("someone", file="client")
    credentials = grpc.ssl_channel_credentials(
        authority.path.read_bytes(), pair.key.read_bytes(), pair.certificate.read_bytes()
    )
    options = (("grpc.ssl_target_name_override", "bridge.test"),)
    with grpc.secure_channel(bridge.address, credentials, options) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/bridge.api.v1.Operations/Submit")(b"\xff\xff", timeout=10)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.RpcError) as caught:
            list(channel.stream_stream("/bridge.api.v1.Operations/Stream")(iter([b"\xff"]), timeout=10))
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_fault_21_expired_client_certificate_is_refused(bridge: RunningBridge, authority: Authority):
    expired = authority.issue("hr", names=[HR], until=datetime.now(UTC) - DAY)
    with pytest.raises(UnavailableError):
        connectors(bridge, authority.files(expired))


def test_fault_21_client_certificate_of_another_authority_is_refused(
    bridge: RunningBridge, authority: Authority, tmp_path: Path
):
    other = Authority(tmp_path, "other")
    with pytest.raises(UnavailableError):
        connectors(bridge, authority.files(other.issue("hr", names=[HR])))


def test_fault_21_self_signed_client_certificate_is_refused(
    bridge: RunningBridge, authority: Authority, tmp_path: Path
):
    own = Authority(tmp_path, "hr.example.org")
    pair = own.issue("hr.example.org", names=[HR], file="client")
    with pytest.raises(UnavailableError):
        connectors(bridge, authority.files(pair))


def test_fault_21_client_without_certificate_is_refused(bridge: RunningBridge, authority: Authority):
    credentials = grpc.ssl_channel_credentials(authority.path.read_bytes())
    options = (("grpc.ssl_target_name_override", "bridge.test"),)
    with grpc.secure_channel(bridge.address, credentials, options) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/bridge.api.v1.Connectors/List")(b"", timeout=10)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_fault_21_server_of_another_authority_is_not_spoken_to(
    bridge: RunningBridge, authority: Authority, tmp_path: Path
):
    pair = authority.issue("hr", names=[HR])
    with pytest.raises(UnavailableError):
        connectors(bridge, authority.files(pair, server=Authority(tmp_path, "other")))


def test_fault_21_server_of_another_name_is_not_spoken_to(bridge: RunningBridge, authority: Authority):
    pair = authority.issue("hr", names=[HR])
    with pytest.raises(UnavailableError):
        connectors(bridge, TlsFiles(authority.path, pair.certificate, pair.key))


def test_fault_21_a_plaintext_client_is_not_answered(bridge: RunningBridge):
    with grpc.insecure_channel(bridge.address) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(ConfigurationError, match="needs TLS files"):
        connectors(bridge, None)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_fault_21_tls_older_than_1_2_is_refused(bridge: RunningBridge, authority: Authority):
    pair = authority.issue("hr", names=[HR])
    context = ssl.create_default_context(cafile=authority.path)
    context.load_cert_chain(pair.certificate, pair.key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    host, port = bridge.address.split(":")
    with (
        closing(socket.create_connection((host, int(port)), timeout=10)) as connection,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(connection, server_hostname="bridge.test")


def test_fault_22_certificates_rotate_without_dropping_a_stream(
    bridge: RunningBridge, authority: Authority, tmp_path: Path
):
    old = authority.files(authority.issue("hr", names=[HR]))
    with BridgeClient(bridge.address, tls=old) as client:
        bridge.cut_off()
        events = client.stream([create()])
        assert isinstance(next(events), Accepted)

        (tmp_path / "new").mkdir()
        renewed = Authority(tmp_path / "new", "renewed")
        server = renewed.server()
        listener = authority.listener(authority.server("spare"))
        for source, place in [
            (renewed.path, listener.client_ca),
            (server.certificate, tmp_path / "server.crt"),
            (server.key, tmp_path / "server.key"),
        ]:
            place.write_bytes(source.read_bytes())

        new = renewed.files(renewed.issue("hr", names=[HR]))
        assert connectors(bridge, new) == 1
        with pytest.raises(BridgeError):
            connectors(bridge, TlsFiles(renewed.path, old.certificate, old.key, "bridge.test"))
        bridge.let_in()
        assert isinstance(next(events), Settled)


def test_fault_22_a_torn_rotation_keeps_the_certificate_that_works(
    bridge: RunningBridge, authority: Authority, tmp_path: Path
):
    files = authority.files(authority.issue("hr", names=[HR]))
    (tmp_path / "server.key").write_bytes(authority.issue("another").key.read_bytes())
    with logged() as lines:
        assert connectors(bridge, files) == 1
        (told, *_) = lines("tls_files_refused")
    assert "cannot be used together" in told["message"]


def test_a_port_in_use_is_said_so(bridge: RunningBridge, authority: Authority, tmp_path: Path):
    listener = authority.listener(authority.server(), bridge.address)
    with (
        pytest.raises(ConfigurationError, match="the port is in use"),
        running(tmp_path / "second", CallerDirectory(), tls=listener),
    ):
        pass


def test_a_key_that_everybody_can_read_is_refused(authority: Authority, tmp_path: Path):
    server = authority.server()
    server.key.chmod(0o644)
    with (
        pytest.raises(ConfigurationError, match="open to every user"),
        running(tmp_path / "second", CallerDirectory(), tls=authority.listener(server)),
    ):
        pass


def test_files_that_are_missing_or_do_not_fit_are_named(authority: Authority, tmp_path: Path):
    server = authority.server()
    other = authority.issue("other")
    for certificate, key, named in [
        (server.certificate, other.key, "cannot be used together"),
        (tmp_path / "absent.crt", server.key, "absent.crt cannot be read"),
    ]:
        listener = type(authority.listener(server))("127.0.0.1:0", certificate, key, authority.path)
        with (
            pytest.raises(ConfigurationError, match=named),
            running(tmp_path / "second", CallerDirectory(), tls=listener),
        ):
            pass
