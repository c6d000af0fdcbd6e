"""The main job by the command line alone: serve, apply, ask, stop, and look after the journal."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bridge.client import BridgeClient
from bridge.model import (
    CallerName,
    ConnectorName,
    Create,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    OperationId,
    State,
)
from tests.integration.cli.conftest import COMMAND, ENVIRONMENT, Cli
from tests.integration.cli.test_apply import file_of, line
from tests.support.waiting import wait_until

CONFIGURATION = """\
journal: {{path: {here}/journal, disk_reserve_mib: 0}}
listen: {{socket: {{path: {here}/run/api.sock}}}}
callers: [{{name: local, via: socket, connectors: ["*"]}}]
connectors:
  people:
    adapter: sql
    settings:
      url: sqlite:///{here}/people.db
      object_types: {{user: {{table: person, name: login}}}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "people.db")) as database:
        database.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, mail TEXT)")
    for name in ("journal", "run"):
        (tmp_path / name).mkdir(mode=0o700)
    file = tmp_path / "bridge.yaml"
    file.write_text(CONFIGURATION.format(here=tmp_path))
    return file


@contextmanager
def serving(config: Path) -> Iterator[subprocess.Popen[str]]:
    """The service, from its first line in the log to a graceful stop."""
    with subprocess.Popen(
        [*COMMAND, "serve", "--config", str(config)], stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        for told in process.stderr:
            if json.loads(told)["event"] == "started":
                break
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


def people(config: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(config.parent / "people.db")) as database:
        return database.execute("SELECT login, mail FROM person ORDER BY login").fetchall()


def test_a_file_of_operations_reaches_the_target_once(cli: Cli, config: Path, tmp_path: Path):
    file = file_of(tmp_path, line("ada"), line("bob"), line("ada", id="op-other"))
    with serving(config):
        assert cli("connectors", "test", "people", "--config", config).code == 0
        first = cli("apply", file, "--json", "--config", config)
        assert first.code == 1
        states = {each["id"]: each["state"] for each in first.documents}
        assert states == {"op-ada": "succeeded", "op-bob": "succeeded", "op-other": "rejected"}
        (found,) = cli("read", "people", "user", "ada", "--json", "--config", config).documents
        assert found["attributes"]["mail"] == ["ada@example.org"]
        assert [each["name"] for each in cli("import", "people", "--config", config).documents] == ["ada", "bob"]
        (schema,) = cli("connectors", "schema", "people", "--json", "--config", config).documents
        assert "mail" in schema["attributes"]
    with serving(config):
        again = cli("apply", file, "--json", "--config", config)
        assert {each["id"]: each["state"] for each in again.documents} == states
    assert people(config) == [("ada", "ada@example.org"), ("bob", "bob@example.org")]


def test_the_journal_is_checked_exported_backed_up_and_restored(cli: Cli, config: Path, tmp_path: Path):
    backup = tmp_path / "journal.backup"
    with serving(config):
        assert cli("apply", file_of(tmp_path, line("ada")), "--config", config).code == 0
        assert cli("journal", "backup", backup, "--config", config).code == 0
        assert cli("journal", "restore", backup, "--config", config).code == 2
    checked = cli("journal", "check", "--json", "--config", config)
    assert (checked.code, checked.documents[0]["problems"], checked.documents[0]["operations"]) == (0, [], 1)
    exported = cli("journal", "export", "--path", tmp_path / "journal")
    assert [each["id"] for each in exported.documents] == ["op-ada"]
    assert cli("journal", "restore", backup, "--config", config).code == 0
    assert cli("journal", "release", "--config", config).code == 2
    with serving(config):
        pass
    assert cli("journal", "release", "--config", config).code == 0
    with serving(config):
        assert [each["id"] for each in cli("operations", "list", "--json", "--config", config).documents] == ["op-ada"]


def test_the_way_out_that_a_refused_start_tells_can_be_typed_as_it_stands(cli: Cli, config: Path):
    with serving(config):
        pass
    # As after a crash whose last commits were lost with the WAL.
    incarnation = config.parent / "journal" / "incarnation"
    incarnation.write_text(incarnation.read_text().removesuffix(" stopped"))
    refused = cli("serve", "--config", config)
    assert refused.code == 2
    told = re.findall(r"ecma-bridge (journal release .*)", refused.err)
    assert [cli(*each.split()).code for each in told] == [0]
    with serving(config):
        pass


def test_a_journal_that_is_not_there_is_named(cli: Cli, tmp_path: Path):
    ended = cli("journal", "check", "--path", tmp_path / "none")
    assert ended.code == 2
    assert f"there is no journal in {tmp_path}/none" in ended.err


def test_a_socket_that_cannot_be_opened_is_a_sentence(cli: Cli, config: Path):
    (config.parent / "run").chmod(0o777)
    ended = cli("serve", "--config", config)
    assert ended.code == 2
    assert [line for line in ended.err.splitlines() if line.startswith("error: ")]


def test_an_unknown_crash_point_is_refused(cli: Cli, config: Path):
    ended = cli("serve", "--config", config, "--crash-at", "C99")
    assert ended.code == 2
    assert ended.err.startswith("error: --crash-at: give POINT or POINT:N, the point one of C0, C1")


def test_what_waits_of_a_caller_whose_grant_was_taken_away_is_rejected(cli: Cli, config: Path, tmp_path: Path):
    other = f"""\
  other:
    adapter: sql
    settings:
      url: sqlite:///{tmp_path}/people.db
      object_types: {{user: {{table: person, name: login}}}}
"""
    config.write_text(config.read_text() + other)
    operation = Operation(
        OperationId("op-ada"),
        CallerName("local"),
        ConnectorName("people"),
        ObjectRef(ObjectType("user"), name=Name("ada")),
        Create({"mail": ("ada@example.org",)}),
    )
    # Nobody else writes to the table until the bridge has stopped.
    with (
        closing(sqlite3.connect(tmp_path / "people.db", isolation_level=None)) as locking,
        serving(config),
        BridgeClient(f"unix://{tmp_path}/run/api.sock") as client,
    ):
        client.connectors()
        locking.execute("BEGIN IMMEDIATE")
        assert client.submit(operation).state is State.ACCEPTED
    config.write_text(config.read_text().replace('connectors: ["*"]', "connectors: [other]"))

    def rejected() -> list[dict]:
        exported = cli("journal", "export", "--path", tmp_path / "journal").documents
        return [each for each in exported if each["state"] == "rejected"]

    with serving(config):
        (told,) = wait_until(rejected, "rejected operation")
    assert told["id"] == "op-ada"
    assert "permission_denied" in told["outcome"]
    assert people(config) == []
