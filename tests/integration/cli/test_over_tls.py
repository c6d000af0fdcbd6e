"""The command line over mutual TLS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from bridge.ingress.rpc import CallerDirectory
from tests.integration.cli.conftest import Cli
from tests.integration.rpc.bridge import ME, RunningBridge, running
from tests.integration.rpc.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def bridge(tmp_path: Path, authority: Authority) -> Iterator[RunningBridge]:
    server = authority.issue("bridge", names=[x509.IPAddress(ip_address("127.0.0.1"))])
    with running(tmp_path, CallerDirectory(certificates={"hr": ME}), tls=authority.listener(server)) as started:
        yield started


def options(bridge: RunningBridge, authority: Authority, caller: str) -> Sequence[object]:
    pair = authority.issue(caller)
    files = ("--tls-ca", authority.path, "--tls-cert", pair.certificate, "--tls-key", pair.key)
    return ("--connect", bridge.address, *files)


def test_a_caller_with_a_certificate_is_served(cli: Cli, bridge: RunningBridge, authority: Authority):
    ended = cli("connectors", "list", "--json", *options(bridge, authority, "hr"))
    assert (ended.code, ended.documents[0]["name"]) == (0, "people")


def test_a_certificate_that_names_no_caller_is_told(cli: Cli, bridge: RunningBridge, authority: Authority):
    ended = cli("connectors", "list", *options(bridge, authority, "stranger"))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: no caller has a name of this certificate (stranger)\n"


def test_a_file_that_cannot_be_read_is_named(cli: Cli, bridge: RunningBridge, authority: Authority, tmp_path: Path):
    ended = cli("connectors", "list", *options(bridge, authority, "hr"), "--tls-key", tmp_path / "none")
    assert ended.code == 2
    assert ended.err == f"error: TLS file {tmp_path}/none cannot be read: No such file or directory\n"
