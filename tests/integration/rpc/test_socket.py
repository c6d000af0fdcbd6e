"""The Unix socket: its directory decides who may call."""

from __future__ import annotations

import grp
import os
import socket
import stat
from pathlib import Path

import pytest

from bridge.client import BridgeClient
from bridge.ingress.rpc import CallerDirectory, SocketListener
from bridge.ingress.rpc.socket import open_to_group, prepare
from bridge.model import ConfigurationError, PermissionDeniedError
from tests.integration.rpc.bridge import ME, RunningBridge, running

ANYONE = CallerDirectory(socket=ME)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o710])
def test_a_directory_that_others_may_enter_is_refused(private: Path, mode: int):
    private.chmod(mode)
    with pytest.raises(ConfigurationError, match=f"has mode 0{mode:o}; chmod 0700"):
        prepare(SocketListener(private / "socket"))


def test_a_directory_that_is_missing_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="create it with mode 0700"):
        prepare(SocketListener(tmp_path / "absent" / "socket"))


def test_a_link_to_a_directory_is_refused(private: Path, tmp_path: Path):
    (tmp_path / "link").symlink_to(private)
    with pytest.raises(ConfigurationError, match="a link to one does not do"):
        prepare(SocketListener(tmp_path / "link" / "socket"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_another_user_is_refused(private: Path):
    os.chown(private, 65_534, -1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        prepare(SocketListener(private / "socket"))


def test_one_group_may_enter_where_it_is_configured(private: Path):
    group = grp.getgrgid(os.getegid()).gr_name
    private.chmod(0o750)
    listener = SocketListener(private / "socket", group)
    prepare(listener)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(listener.path))
        open_to_group(listener)
        assert stat.S_IMODE(listener.path.stat().st_mode) == 0o660
    private.chmod(0o770)
    with pytest.raises(ConfigurationError, match=f"chgrp {group} .* and chmod 0750"):
        prepare(listener)
    with pytest.raises(ConfigurationError, match="does not exist on this machine"):
        prepare(SocketListener(private / "socket", "no-such-group"))


def test_the_socket_itself_is_for_the_services_user_alone(bridge: RunningBridge, private: Path):
    assert stat.S_IMODE((private / "socket").stat().st_mode) == 0o600


def test_a_socket_that_a_killed_bridge_left_is_removed(private: Path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(private / "socket"))
    with running(ANYONE, socket=private / "socket") as bridge, BridgeClient(bridge.target) as client:
        assert client.connectors()


def test_a_socket_that_somebody_answers_on_is_left_alone(bridge: RunningBridge, client: BridgeClient, private: Path):
    with (
        pytest.raises(ConfigurationError, match="is in use: another bridge answers on it"),
        running(ANYONE, socket=private / "socket"),
    ):
        pass
    assert client.connectors()


def test_what_is_not_a_socket_is_left_alone(private: Path):
    (private / "socket").write_text("precious")
    with pytest.raises(ConfigurationError, match="is not a socket; remove it"):
        prepare(SocketListener(private / "socket"))
    assert (private / "socket").read_text() == "precious"


def test_the_socket_is_gone_after_the_stop(private: Path):
    with running(ANYONE, socket=private / "socket"):
        pass
    assert list(private.iterdir()) == []


def test_nobody_is_let_in_by_default(private: Path):
    with (
        running(CallerDirectory(), socket=private / "socket") as bridge,
        BridgeClient(bridge.target) as client,
        pytest.raises(PermissionDeniedError, match="no caller is configured for the Unix socket"),
    ):
        client.connectors()
