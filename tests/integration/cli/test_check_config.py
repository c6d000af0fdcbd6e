"""``check-config`` and what every command does with a faulty call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import ROOT, Cli

FAULTY = """\
callers: [{name: local, via: socket, connectors: [stuff]}]
connectors:
  staff: {adapter: ldpa, workers: 0}
"""


def test_a_faulty_file_is_told_whole_on_standard_error(cli: Cli, tmp_path: Path):
    (tmp_path / "config.yaml").write_text(FAULTY)
    ended = cli("check-config", "config.yaml")
    assert (ended.code, ended.out) == (2, "")
    first, second, third = ended.err.splitlines()
    assert first.startswith("error: config.yaml:1:51: callers[0].connectors[0]: no connector has this name")
    assert second.startswith("error: config.yaml:3:20: connectors.staff.adapter: no adapter has this name")
    assert third == "error: config.yaml:3:35: connectors.staff.workers: should be greater than or equal to 1"


@pytest.mark.parametrize("command", ["serve", "connectors list", "journal check"])
def test_no_command_runs_with_a_faulty_file(cli: Cli, tmp_path: Path, command: str):
    (tmp_path / "config.yaml").write_text(FAULTY)
    ended = cli(*command.split(), "--config", "config.yaml")
    assert ended.code == 2
    assert "config.yaml:3:35" in ended.err


def test_a_missing_file_is_one_sentence(cli: Cli):
    ended = cli("check-config", "nothing.yaml")
    assert ended.code == 2
    assert ended.err == "error: nothing.yaml: there is no such file; give the path of the configuration file\n"


@pytest.mark.parametrize(
    "content",
    [b"\0", b"\xff\xfe", b"[" * 100_000, b"x" * 10_000_000],
    ids=["NUL", "UTF-16", "deep", "10 MB"],
)
def test_rubbish_is_refused_with_the_file_and_no_traceback(cli: Cli, tmp_path: Path, content: bytes):
    (tmp_path / "config.yaml").write_bytes(content)
    ended = cli("check-config", "config.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert all(line.startswith("error: config.yaml:") for line in ended.err.splitlines()), ended.err


def test_the_schema_is_printed_for_editors(cli: Cli):
    ended = cli("check-config", "--schema")
    assert ended.code == 0
    assert json.loads(ended.out)["properties"]["connectors"]


def test_the_version_is_told(cli: Cli):
    assert cli("--version").out.startswith("ecma-bridge ")


def test_a_wrong_option_is_a_sentence_and_code_2(cli: Cli):
    ended = cli("operations", "list", "--sate", "parked")
    assert ended.code == 2
    assert "No such option: --sate" in ended.err


def test_a_bridge_that_is_not_there_is_named_with_the_fix(cli: Cli, tmp_path: Path):
    ended = cli("connectors", "list", "--connect", f"unix://{tmp_path}/none")
    assert ended.code == 2
    assert ended.err == (
        f"error: the bridge at unix://{tmp_path}/none is not reached: No such file or directory; "
        "start it, or give its address\n"
    )


def test_a_tcp_address_needs_tls(cli: Cli):
    ended = cli("connectors", "list", "--connect", "127.0.0.1:9443", "--tls-ca", ROOT / "pyproject.toml")
    assert ended.code == 2
    assert "give --tls-ca, --tls-cert and --tls-key" in ended.err
