"""``apply``: a file of operations, its results, and every way in which a line can be wrong."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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


CLUB = {"attributes": [{"name": "member", "values": [{"reference": {"objectType": "user", "name": "ada"}}]}]}
"""A group with a member that is not there yet."""


@contextmanager
def applying(bridge: RunningBridge, file: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command at work, so that what it says meanwhile can be read."""
    command = [*COMMAND, "apply", str(file), "--connect", bridge.target, *options]
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


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
    assert "not finished: nothing was accepted, 1 sent or to be sent, with no answer; apply the same file" in ended.err
    assert ended.err.splitlines()[-1] == (
        f"error: the bridge at unix://{tmp_path}/none is not reached: No such file or directory; start it, or give its"
        " address"
    )


def test_a_bridge_that_is_not_reached_is_told_at_once_and_waited_for(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    bridge.stop()
    with applying(bridge, file_of(tmp_path, line("ada")), "--patience", "300") as process:
        told = process.stderr.readline()
        assert told.startswith(f"error: the bridge at {bridge.target} is not reached: ")
        assert told.endswith("; it is tried again for 300 s\n")
        bridge.start()
        assert process.communicate(timeout=60)[1].splitlines()[-1] == "1 succeeded"
    assert process.returncode == 0


def test_what_waits_is_told_with_the_reason_until_it_is_done(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    waiting = line("club", target={"objectType": "group", "name": "club"}, create=CLUB)
    with applying(bridge, file_of(tmp_path, waiting)) as process:
        assert process.stderr.readline() == "1 accepted, 0 final; waiting: 1 not_ready\n"
        assert ask("apply", "-", given=line("ada")).code == 0
        assert process.communicate(timeout=60)[1].splitlines()[-1] == "1 succeeded"
    assert process.returncode == 0


def test_what_waits_behind_another_operation_of_its_object_is_told(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    group = {"objectType": "group", "name": "club"}
    behind = line("behind", target=group, create=None, delete={})
    with applying(bridge, file_of(tmp_path, line("club", target=group, create=CLUB), behind)) as process:
        assert process.stderr.readline() == (
            "2 accepted, 0 final; waiting: 1 not_ready; behind operation op-club of the same object, which is waiting:"
            " 1\n"
        )
        assert ask("apply", "-", given=line("ada")).code == 0
        assert process.communicate(timeout=60)[1].splitlines()[-1] == "2 succeeded"


def test_a_connector_to_which_nothing_goes_is_told_with_its_reason(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    bridge.hold("the target refused the account")
    with applying(bridge, file_of(tmp_path, line("ada"))) as process:
        told = process.stderr.readline()
        assert told == "1 accepted, 0 final; connector people is held: the target refused the account\n"
        assert ask("connectors", "test", "people").code == 0
        assert process.communicate(timeout=60)[1].splitlines()[-1] == "1 succeeded"


def test_it_can_end_when_all_is_accepted(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    bridge.cut_off()
    file = file_of(tmp_path, line("ada"), line("bob"))
    ended = ask("apply", file, "--until", "accepted")
    assert (ended.code, ended.err) == (0, "2 accepted, not final yet\n")
    bridge.let_in()
    assert (ask("apply", file).err, len(bridge.accepted())) == ("2 succeeded\n", 2)


@pytest.mark.parametrize("content", [(), ("", " ")], ids=["empty", "blank"])
def test_an_empty_file_is_told_as_one(ask: Cli, tmp_path: Path, content: tuple[str, ...]):
    file = file_of(tmp_path, *content)
    ended = ask("apply", file)
    assert (ended.code, ended.err) == (0, f"{file} is empty: there is nothing to apply\n")


def test_ctrl_c_ends_it_cleanly_and_the_file_can_be_applied_again(ask: Cli, tmp_path: Path, bridge: RunningBridge):
    bridge.cut_off()
    file = file_of(tmp_path, line("ada"))
    with applying(bridge, file) as process:
        assert process.stderr.readline().startswith("1 accepted, 0 final; waiting: 1 connection_failed")
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in told
    assert told.splitlines()[0] == (
        "error: interrupted: 1 accepted, 0 final; what was accepted goes on without this command"
        " (ecma-bridge operations watch); apply the same file again to go on: the same ids are done once"
    )
    bridge.let_in()
    assert ask("apply", file).code == 0
