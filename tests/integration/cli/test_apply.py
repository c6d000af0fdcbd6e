"""``apply``: a file of operations, its results, and every way in which a line can be wrong."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.cli.conftest import COMMAND, ENVIRONMENT, Cli
from tests.integration.rpc.bridge import RunningBridge


def line(name: str, **changed: object) -> str:
    operation = {
        "id": f"op-{name}",
        "connector": "people",
        "target": {"objectType": "user", "name": name},
        "create": {"attributes": [{"name": "mail", "values": [{"string": f"{name}@example.org"}]}]},
    }
    return json.dumps({key: value for key, value in {**operation, **changed}.items() if value is not None})


TAKEN = line("bad", target={"objectType": "user", "name": "ada"})
"""A create of a name that the operation before has taken: the target rejects it."""


def file_of(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "operations.ndjson"
    file.write_text("".join(f"{each}\n" for each in lines))
    return file


def test_every_operation_of_the_file_is_told_with_its_line(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    ended = ask("apply", file_of(tmp_path, line("ada"), "", line("bob")), "--json")
    assert ended.code == 0
    assert {(each["line"], each["id"], each["state"]) for each in ended.documents} == {
        (1, "op-ada", "succeeded"),
        (3, "op-bob", "succeeded"),
    }
    assert ended.err == "2 succeeded\n"
    assert len(bridge.accepted()) == 2


def test_the_same_file_again_does_nothing_twice(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    file = file_of(tmp_path, line("ada"), line("bob"))
    assert [ask("apply", file).code for _ in range(2)] == [0, 0]
    assert len(bridge.accepted()) == 2


def test_a_rejected_operation_is_told_with_its_reason_and_code_1(ask: Cli, tmp_path: Path):
    ended = ask("apply", file_of(tmp_path, line("ada"), TAKEN))
    assert ended.code == 1
    assert "2: op-bad people create user ada rejected: user ada is there already" in ended.out.splitlines()
    assert ended.err == "1 succeeded, 1 rejected\n"


def test_a_refused_operation_is_told_and_the_others_go_on(ask: Cli, tmp_path: Path):
    ended = ask("apply", file_of(tmp_path, line("eve", connector="payroll"), line("ada")), "--json")
    assert ended.code == 1
    told = {each["id"]: each for each in ended.documents}
    assert told["op-eve"]["state"] == "refused"
    assert told["op-eve"]["failure"]["code"] == "permission_denied"
    assert told["op-ada"]["state"] == "succeeded"


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (line("eve", id=None), "id is missing"),
        (line("eve", id="op-ada"), "id op-ada was used in line 1; give every operation an id of its own"),
        (line("eve", target={"objectType": "user"}), "target"),
        (line("eve", create=None), "set one of create"),
        (line("eve", creat={}), "has an unknown field 'creat'; its fields are id, connector, target, create"),
        ("{", "not JSON"),
        ("[]", "give one JSON object a line"),
        ("not json", "not JSON: Expecting value at column 1"),
        ("[" * 100_000, "not an operation"),
        (line("eve").replace("eve", "\udcff"), "UTF-8"),
    ],
    ids=["no id", "id twice", "no name", "no body", "unknown field", "cut", "list", "text", "deep", "not UTF-8"],
)
def test_a_bad_line_is_told_and_nothing_behind_it_is_lost(ask: Cli, tmp_path: Path, wrong: str, fault: str):
    file = tmp_path / "operations.ndjson"
    text = f"{line('ada')}\n{wrong}\n{line('bob')}\n"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    ended = ask("apply", file, "--json")
    assert ended.code == 2
    (told,) = (each for each in ended.err.splitlines() if each.startswith("error:"))
    assert told.startswith(f"error: {file}:2: ")
    assert fault in told
    assert {each["id"] for each in ended.documents} == {"op-ada", "op-bob"}


@pytest.mark.parametrize(
    "body",
    [
        {"setPassword": "Zq9"},
        {"setPassword": ["Zq9"]},
        {"setPassword": {"pass": "Zq9"}},
        {"changePassword": {"oldPassword": ["Zq9"], "newPassword": "Zq9"}},
        {"update": {"deltas": [{"attribute": "a", "kind": "DELTA_KIND_ADD", "values": [{"integer": "Zq9"}]}]}},
    ],
    ids=["text", "list", "wrong key", "wrong type", "integer"],
)
def test_a_bad_line_never_shows_a_password(ask: Cli, tmp_path: Path, body: dict[str, object]):
    ended = ask("apply", file_of(tmp_path, line("ada", create=None, **body)))
    assert ended.code == 2
    assert re.search(r"operations.ndjson:1: (setPassword|changePassword|update)\S* (is|has) ", ended.err)
    assert "Zq9" not in ended.err + ended.out


def test_operations_come_from_standard_input_too(ask: Cli):
    ended = ask("apply", "-", "--json", given=f"{line('ada')}\n")
    assert ended.code == 0
    assert ended.documents[0]["id"] == "op-ada"


def test_a_missing_file_is_named(ask: Cli, tmp_path: Path):
    ended = ask("apply", tmp_path / "none")
    assert ended.code == 2
    assert "cannot be read: No such file or directory" in ended.err


def test_a_bridge_that_stays_away_ends_it_with_what_was_done(cli: Cli, tmp_path: Path):
    file = file_of(tmp_path, line("ada"))
    ended = cli("apply", file, "--patience", 0, "--connect", f"unix://{tmp_path}/none")
    assert ended.code == 2
    assert "not finished: no operations; apply the same file again to go on" in ended.err
    assert "start it, or give its address" in ended.err


def test_ctrl_c_ends_it_cleanly_and_the_file_can_be_applied_again(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    bridge.cut_off()
    file = file_of(tmp_path, line("ada"))
    command = [*COMMAND, "apply", str(file), "--connect", bridge.target]
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        while not bridge.accepted():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "apply the same file again to go on" in told
    assert "Traceback" not in told
    bridge.let_in()
    assert ask("apply", file).code == 0
