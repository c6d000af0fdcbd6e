"""Commands that ask a bridge: what they print for programs and for people."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.integration.cli.conftest import COMMAND, ENVIRONMENT, Cli
from tests.integration.cli.test_apply import TAKEN, applying, file_of, line
from tests.integration.rpc.bridge import RunningBridge


@pytest.fixture
def applied(ask: Cli, tmp_path: Path) -> None:
    assert ask("apply", file_of(tmp_path, line("ada"), TAKEN)).code == 1


@pytest.mark.usefixtures("applied")
class TestOperations:
    def test_are_listed_and_chosen_by_state(self, ask: Cli):
        assert [each["id"] for each in ask("operations", "list", "--json").documents] == ["op-ada", "op-bad"]
        rejected = ask("operations", "list", "--state", "rejected", "--json").documents
        assert [each["id"] for each in rejected] == ["op-bad"]
        assert rejected[0]["failure"]["code"] == "already_exists"

    def test_are_cut_off_at_the_limit_and_say_so(self, ask: Cli):
        cut = ask("operations", "list", "--limit", 1, "--json")
        assert [each["id"] for each in cut.documents] == ["op-ada"]
        assert cut.err == "there are more than these 1 (oldest first): raise --limit, or choose by --state\n"
        assert ask("operations", "list", "--limit", 2).err == ""

    def test_are_listed_from_the_newest_too(self, ask: Cli):
        newest = ask("operations", "list", "--order", "newest", "--json")
        assert [each["id"] for each in newest.documents] == ["op-bad", "op-ada"]

    def test_are_lines_with_tabs_under_headings_for_a_program_without_json(self, ask: Cli):
        headings, first, *_ = (row.split("\t") for row in ask("operations", "list").out.splitlines())
        assert headings == ["id", "connector", "kind", "object", "state", "attempts", "reason"]
        assert first == ["op-ada", "people", "create", "user ada", "succeeded", "1", ""]

    def test_are_headings_alone_where_there_are_none(self, ask: Cli):
        ended = ask("operations", "list", "--state", "parked")
        assert (ended.code, ended.out) == (0, "id\tconnector\tkind\tobject\tstate\tattempts\treason\n")

    def test_are_shown_one_by_one(self, ask: Cli):
        shown = ask("operations", "show", "op-ada")
        assert shown.code == 0
        assert "state        succeeded" in shown.out.splitlines()
        assert ask("operations", "show", "op-bad", "--json").code == 1
        unknown = ask("operations", "show", "op-none")
        assert (unknown.code, unknown.err) == (2, "error: caller hr has no operation op-none\n")

    def test_are_watched_up_to_now(self, ask: Cli):
        watched = ask("operations", "watch", "--until-now", "--json").documents
        assert [each["settle_number"] for each in watched] == [1, 2]
        assert [each["id"] for each in ask("operations", "watch", "--until-now", "--after", 1, "--json").documents] == [
            "op-bad"
        ]

    def test_refuse_a_step_with_a_sentence(self, ask: Cli):
        refused = ask("operations", "retry", "op-ada", "--caller", "hr")
        assert refused.code == 2
        assert refused.err == (
            "error: operation op-ada is succeeded and cannot be retried: it is final; if the change is still wanted,"
            " send it as a new operation with a new id\n"
        )

    def test_refuse_a_step_with_the_steps_there_are(self, ask: Cli, bridge: RunningBridge, tmp_path: Path):
        bridge.cut_off()
        assert ask("apply", file_of(tmp_path, line("eve")), "--until", "accepted").code == 0
        while "is running" in (refused := ask("operations", "release", "op-eve")).err:
            pass
        assert refused.code == 2
        assert re.search(r"cannot be released: .*what can be done now is (retry or )?cancel$", refused.err.strip())

    def test_are_cancelled(self, ask: Cli, bridge: RunningBridge, tmp_path: Path):
        bridge.cut_off()
        with applying(bridge, file_of(tmp_path, line("eve"))) as process:
            while "op-eve" not in bridge.accepted():
                assert process.poll() is None
            while (cancelled := ask("operations", "cancel", "op-eve", "--json")).code:
                assert "is running and cannot be cancelled: it is at the target; wait for its result" in cancelled.err
            assert process.communicate(timeout=60)[1].splitlines()[-1] == "1 cancelled"
        assert process.returncode == 1
        assert cancelled.documents[0]["state"] == "cancelled"

    def test_look_well_on_a_terminal(self, bridge: RunningBridge):
        shown = on_a_terminal("operations", "list", "--connect", bridge.target)
        heading, first, *_ = shown.splitlines()
        assert heading.split()[:3] == ["id", "connector", "kind"]
        assert first.split()[:3] == ["op-ada", "people", "create"]


@pytest.mark.usefixtures("applied")
class TestObjects:
    def test_one_is_read(self, ask: Cli):
        found = ask("read", "people", "user", "ada", "--json").documents[0]
        assert found.pop("anchor")
        assert {name: found[name] for name in ("object_type", "name", "attributes")} == {
            "object_type": "user",
            "name": "ada",
            "attributes": {"mail": ["ada@example.org"]},
        }
        assert "mail         ada@example.org" in ask("read", "people", "user", "ada").out.splitlines()

    def test_an_unknown_one_is_a_sentence(self, ask: Cli):
        unknown = ask("read", "people", "user", "zoe")
        assert (unknown.code, unknown.err) == (2, "error: people has no user zoe\n")

    def test_all_are_imported_into_a_whole_file(self, ask: Cli, tmp_path: Path):
        output = tmp_path / "people.ndjson"
        assert ask("import", "people", "--type", "user", "--output", output).err == "1 object imported\n"
        assert [json.loads(each)["name"] for each in output.read_text().splitlines()] == ["ada"]
        assert output.stat().st_mode & 0o777 == 0o600
        assert [each["name"] for each in ask("import", "people").documents] == ["ada"]

    def test_an_import_that_fails_leaves_no_file(self, cli: Cli, tmp_path: Path):
        output = tmp_path / "people.ndjson"
        ended = cli("import", "people", "--output", output, "--connect", f"unix://{tmp_path}/none")
        assert ended.code == 2
        assert [each.name for each in tmp_path.glob("*.ndjson*")] == ["operations.ndjson"]


class TestConnectors:
    def test_are_listed(self, ask: Cli):
        (connector,) = ask("connectors", "list", "--json").documents
        assert (connector["name"], connector["health"], connector["backlog"]["accepted"]) == ("people", "ok", 0)
        assert ask("connectors", "list").out == (
            "name\tadapter\thealth\twaiting\tparked\treason\npeople\tmemory\tok\t0\t0\t\n"
        )

    def test_are_shown_tested_and_described(self, ask: Cli):
        assert "health       ok" in ask("connectors", "show", "people").out.splitlines()
        assert ask("connectors", "test", "people").out.splitlines()[-1] == "good"
        (tested,) = ask("connectors", "test", "people", "--json").documents
        assert (tested["connector"], tested["ok"]) == ("people", True)
        assert ask("connectors", "schema", "people", "--json").code == 0

    def test_a_target_that_is_down_fails_its_test(self, ask: Cli, bridge: RunningBridge):
        bridge.cut_off()
        tested = ask("connectors", "test", "people", "--json")
        assert (tested.code, tested.documents[0]["ok"]) == (1, False)


def test_the_address_may_come_from_the_environment(bridge: RunningBridge):
    done = subprocess.run(
        [*COMMAND, "connectors", "list"],
        env={**ENVIRONMENT, "ECMA_BRIDGE_CONNECT": bridge.target},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[1].startswith("people")


def test_a_bar_goes_beside_the_results_on_a_terminal(bridge: RunningBridge, tmp_path: Path):
    shown = on_a_terminal("apply", str(file_of(tmp_path, line("ada"))), "--connect", bridge.target)
    assert "1: op-ada people create user ada succeeded" in shown
    assert "1/1" in shown


def on_a_terminal(*arguments: str) -> str:
    """What a person sees."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env={**ENVIRONMENT, "TERM": "xterm"}
    ):
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side was closed
        return b""
