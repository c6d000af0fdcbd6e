"""What a good file becomes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.config import LogFormat, Settings, Via, load
from bridge.model import ConfigurationError, ConnectorName
from bridge.sdk.testing.memory.config import MemoryConfig
from tests.unit.config.adapters import AwkwardConfig, resolve
from tests.unit.config.conftest import Parse

SHORT = """
callers: [{name: local, via: socket, connectors: ["*"]}]
connectors:
  staff: {adapter: memory}
"""


def test_what_is_left_out_has_its_default(settings_of: Parse):
    settings = settings_of(SHORT)
    assert settings.journal.retention_days == 28
    assert str(settings.listen.socket.path) == "/run/ecma-bridge/api.sock"
    assert settings.listen.tls is None
    assert settings.log.format is LogFormat.JSON
    assert settings.callers[0].via is Via.SOCKET


def test_a_connector_takes_the_adapters_advice_and_the_adapters_model(settings_of: Parse):
    connector = settings_of("""
        callers: [{name: local, via: socket, connectors: [staff]}]
        connectors:
          staff: {adapter: awkward, settings: {bind: {method: external}, base: [a, b]}}
    """).connectors[ConnectorName("staff")]
    assert (connector.workers, connector.batch_size, connector.settle_seconds) == (7, 256, 2.5)
    assert isinstance(connector.settings, AwkwardConfig)
    assert connector.settings.base == ("a", "b")


def test_what_the_file_says_wins_over_the_adapters_advice(settings_of: Parse):
    connector = settings_of("""
        callers: [{name: local, via: socket, connectors: [staff]}]
        connectors:
          staff: {adapter: memory, workers: 2, settle_seconds: 0, batch_size: 9}
    """).connectors[ConnectorName("staff")]
    assert (connector.workers, connector.batch_size, connector.settle_seconds) == (2, 9, 0)
    assert isinstance(connector.settings, MemoryConfig)


def test_the_star_becomes_every_connector(settings_of: Parse):
    settings = settings_of("""
        callers:
          - {name: local, via: socket, connectors: ["*"]}
          - {name: hr, certificate: hr.example, connectors: [staff]}
        listen:
          socket: {}
          tls: {address: "[::1]:9443", certificate: /c.pem, key: /k.pem, client_ca: /ca.pem}
        connectors:
          staff: {adapter: memory}
          badges: {adapter: memory}
    """)
    local, hr = (each.caller for each in settings.callers)
    assert local.connectors == {"staff", "badges"}
    assert hr.connectors == {"staff"}


def test_an_anchor_and_its_aliases_share_settings(settings_of: Parse):
    connectors = settings_of("""
        callers: [{name: local, via: socket, connectors: ["*"]}]
        connectors:
          staff: {adapter: memory, settings: &store {minimum_password_length: 12}}
          badges: {adapter: memory, settings: *store}
    """).connectors
    assert {each.settings.minimum_password_length for each in connectors.values()} == {12}


def test_settings_are_frozen(settings_of: Parse):
    settings: Settings = settings_of(SHORT)
    with pytest.raises(ValueError, match="frozen"):
        settings.journal.retention_days = 3


def test_a_file_is_loaded_from_disk(tmp_path: Path):
    file = tmp_path / "bridge.yaml"
    file.write_text(SHORT)
    file.chmod(0o640)
    assert list(load(file, resolve).connectors) == ["staff"]


@pytest.mark.parametrize(
    ("prepare", "fix"),
    [
        (lambda _: None, "there is no such file"),
        (lambda file: file.mkdir(), "is a directory"),
        (lambda file: (file.write_text(SHORT), file.chmod(0o646)), "run: chmod o-w"),
        (lambda file: file.write_bytes(b"log: {level: \n\xff}"), ":2:1: not UTF-8"),
        (lambda file: file.write_bytes(SHORT.encode("utf-16")), ":1:1: not UTF-8; save the file as UTF-8"),
        (lambda file: file.write_bytes(SHORT.encode("utf-16-le")), ":2:1: a character that YAML does not allow"),
        (lambda file: file.write_bytes(b"#" * (1024 * 1024 + 1)), "larger than"),
    ],
    ids=["missing", "directory", "writable by all", "not text", "UTF-16", "UTF-16 without a mark", "huge"],
)
def test_a_file_that_cannot_be_taken_is_refused_with_the_fix(
    tmp_path: Path, prepare: Callable[[Path], object], fix: str
):
    file = tmp_path / "bridge.yaml"
    prepare(file)
    with pytest.raises(ConfigurationError) as refused:
        load(file, resolve)
    assert fix in refused.value.message
    assert str(file) in refused.value.message


def test_a_byte_order_mark_is_no_fault(tmp_path: Path):
    file = tmp_path / "bridge.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SHORT.encode())
    file.chmod(0o640)
    assert list(load(file, resolve).connectors) == ["staff"]
