"""Faults of the journal's place and files: refused at start with the exact reason, never made anew in silence."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.cli.console import EXIT_UNABLE
from bridge.journal import maintenance, ownership
from bridge.model.errors import ConfigurationError, UnavailableError
from bridge.model.lifecycle import State
from bridge.model.secrets import Secret
from tests.crash.bridge_process import ROOT, BridgeProcess
from tests.faults.conftest import MakeBridge
from tests.faults.operations import create, set_password
from tests.support.waiting import wait_until


def refused(bridge: BridgeProcess) -> str:
    """What the bridge says when it refuses to start."""
    before = len(bridge.said())
    bridge.spawn()
    assert bridge.wait() not in {0, None}
    return bridge.said()[before:]


def reconciling(bridge: BridgeProcess) -> list[dict[str, str]]:
    """What the log tells of a restored journal."""
    return [json.loads(each) for each in bridge.said().splitlines() if '"journal_reconciling"' in each]


@pytest.fixture
def shared_directory() -> Iterator[Path]:
    """Every user may enter it, which pytest's own directories are not for."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def filled(bridge: BridgeProcess, count: int = 50) -> None:
    """Put settled operations into the journal."""
    with bridge.client() as client:
        events = list(client.stream(create(f"user-{number}") for number in range(count)))
    assert len(events) == 2 * count


@pytest.mark.parametrize("offset", [0, 100, 4096 + 10])
def test_fault_06_flipped_bits_are_refused_with_the_file_named(bridge: BridgeProcess, offset: int) -> None:
    bridge.start()
    filled(bridge)
    bridge.stop()
    file = bridge.journal / "journal.sqlite"
    data = bytearray(file.read_bytes())
    data[offset : offset + 16] = b"\xff" * 16
    file.write_bytes(data)
    told = refused(bridge)
    assert str(file) in told
    assert "journal check" in told or "journal export" in told
    assert file.read_bytes() == data, "a damaged file is left as it is"


def test_fault_06_what_is_readable_of_a_damaged_journal_is_exported(bridge: BridgeProcess) -> None:
    bridge.start()
    filled(bridge, 400)
    bridge.stop()
    file = bridge.journal / "journal.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        pages = "SELECT max(pageno) FROM dbstat WHERE name = 'operation' AND pagetype = 'leaf'"
        [last] = connection.execute(pages).fetchone()
    data = bytearray(file.read_bytes())
    data[(last - 1) * 4096 : last * 4096] = b"\xff" * 4096
    file.write_bytes(data)
    assert str(file) in refused(bridge)
    output = io.StringIO()
    with pytest.raises(ConfigurationError, match="readable up to here"):
        maintenance.export(bridge.journal, output)
    assert len(output.getvalue().splitlines()) > 100


@pytest.mark.parametrize("left", [None, b""])
def test_fault_06_a_lost_wal_after_a_crash_is_refused(bridge: BridgeProcess, left: bytes | None) -> None:
    bridge.start()
    filled(bridge)
    bridge.kill()
    wal = bridge.journal / "journal.sqlite-wal"
    saved = wal.read_bytes()
    wal.unlink() if left is None else wal.write_bytes(left)
    told = refused(bridge)
    assert str(wal) in told
    wal.write_bytes(saved)
    bridge.start()
    with bridge.client() as client:
        assert sum(each.state is State.SUCCEEDED for each in client.list()) == 50


def test_fault_06_a_lost_wal_can_be_given_up_by_a_person(bridge: BridgeProcess) -> None:
    bridge.start()
    filled(bridge)
    bridge.stop()
    bridge.start()
    bridge.kill()
    (bridge.journal / "journal.sqlite-wal").unlink()
    refused(bridge)
    maintenance.release(bridge.journal)
    bridge.start()
    filled(bridge, 1)


def test_fault_06_a_stop_in_order_needs_no_wal_afterwards(bridge: BridgeProcess) -> None:
    bridge.start()
    filled(bridge)
    assert bridge.stop() == 0
    assert not (bridge.journal / "journal.sqlite-wal").exists()
    bridge.start()
    with bridge.client() as client:
        assert len(list(client.list())) == 50


def test_fault_06_a_refused_start_does_not_make_the_next_one_refuse(bridge: BridgeProcess) -> None:
    bridge.start()
    filled(bridge)
    bridge.kill()
    keys = bridge.journal / "keys"
    keys.rename(bridge.journal / "keys-aside")
    keys.write_text("in the way")
    bridge.spawn()
    assert bridge.wait() != 0
    keys.unlink()
    (bridge.journal / "keys-aside").rename(keys)
    bridge.start()


def test_fault_07_a_journal_of_another_user_is_refused(bridge: BridgeProcess) -> None:
    bridge.journal.mkdir(mode=0o700)
    os.chown(bridge.journal, 12345, 12345)
    told = refused(bridge)
    assert "belongs to user id 12345" in told
    assert "run this as the user who owns it" in told


def test_fault_07_a_journal_open_to_others_is_refused(bridge: BridgeProcess) -> None:
    bridge.journal.mkdir()
    bridge.journal.chmod(0o750)
    assert "chmod 700" in refused(bridge)


def test_fault_07_a_journal_on_a_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "file_system", lambda _: "nfs4")
    with pytest.raises(ConfigurationError, match="nfs4 file system; the journal needs a local disk"):
        ownership.Ownership(tmp_path / "journal")


def test_fault_07_the_innermost_mount_tells_the_file_system() -> None:
    table = "disk / ext4 rw 0 0\nserver:/x /mnt/with\\040space nfs4 rw 0 0\ntmpfs /mnt/with\\040space/in tmpfs rw 0 0\n"
    for path, kind in (
        ("/var/lib/journal", "ext4"),
        ("/mnt/with space", "nfs4"),
        ("/mnt/with space/journal", "nfs4"),
        ("/mnt/with space/in/journal", "tmpfs"),
        ("/mnt/with spacecraft", "ext4"),
    ):
        assert ownership.kind_in(table, path) == kind


def test_fault_08_second_process_on_the_same_journal_names_the_holder(
    bridge: BridgeProcess, make_bridge: MakeBridge
) -> None:
    bridge.start()
    second = make_bridge(name="second", journal={"path": str(bridge.journal)})
    told = refused(second)
    assert f"in use by process {bridge.pid}" in told
    filled(bridge, 1)


def test_fault_12_a_restored_journal_reads_everything_back_and_takes_nothing_new_until_released(
    bridge: BridgeProcess, tmp_path: Path
) -> None:
    """What was done after the backup is not done again, and a password whose key is gone stops nothing else."""
    bridge.start()
    filled(bridge, 10)
    late = [create(f"late-{number}") for number in range(5)]
    backup = tmp_path / "backup.sqlite"
    maintenance.backup(bridge.journal, backup)
    with closing(sqlite3.connect(backup)) as copy, copy:
        # In the backup these are still open, as if it had been made a moment before they were done.
        copy.execute(
            "UPDATE operation SET state = 'accepted', settle_number = NULL, settled_at = NULL, attempts = 0,"
            " outcome = NULL WHERE sequence > 5"
        )
    with bridge.client() as client:
        for each in late:
            client.submit(each, wait=True)
        client.submit(set_password("user-0", "a password of length"), wait=True)
    bridge.stop()
    maintenance.restore(backup, bridge.journal)
    bridge.start()
    with bridge.client() as client:
        with pytest.raises(UnavailableError) as refused:
            client.submit(create("new"))
        assert refused.value.message == (
            "the journal was restored from a backup, and nothing new is accepted until it is released: when"
            " `ecma-bridge operations list` shows no open operation any more, stop the bridge and run:"
            f" ecma-bridge journal release --path {bridge.journal}"
        )
        wait_until(lambda: all(each.state is State.SUCCEEDED for each in client.list()), "settlement of what was open")
        assert len(list(client.list())) == 10
    bridge.stop()
    release = f"ecma-bridge journal release --path {bridge.journal}"
    assert [each["next"] for each in reconciling(bridge)] == [release]
    maintenance.release(bridge.journal)
    bridge.start()
    with bridge.client() as client:
        assert client.submit(create("new"), wait=True).state is State.SUCCEEDED
    assert len(reconciling(bridge)) == 1, "it is over"


def test_fault_12_an_old_copy_put_back_by_hand_is_noticed(bridge: BridgeProcess, tmp_path: Path) -> None:
    bridge.start()
    filled(bridge, 1)
    bridge.stop()
    shutil.copy(bridge.journal / "journal.sqlite", tmp_path / "copy")
    for _ in range(2):
        bridge.start()
        bridge.stop()
    shutil.copy(tmp_path / "copy", bridge.journal / "journal.sqlite")
    bridge.start()
    with bridge.client() as client, pytest.raises(Exception, match="restored from a backup"):
        client.submit(create("new"))


def test_fault_12_a_secret_whose_key_is_gone_is_refused_and_the_rest_goes_on(
    bridge: BridgeProcess, tmp_path: Path
) -> None:
    target = {"file": str(tmp_path / "target.sqlite")}
    busy = {"settings": {**target, "faults": {"throttles": 1.0}, "retry_after": 3600.0}}
    bridge.configure({"memory": {"adapter": "hostile", **busy}}, {})
    bridge.start()
    with bridge.client() as client:
        lost = client.submit(create("user-1", pin=Secret("0815")))
        wait_until(lambda: client.get(lost.id).state is State.WAITING, "pause that the target asked for")
    bridge.kill()
    for key in (bridge.journal / "keys").glob("[0-9]*.key"):
        key.unlink()
    bridge.configure({"memory": {"adapter": "memory", "retry_longest_seconds": 1.0, "settings": target}}, {})
    bridge.start()
    with bridge.client() as client:
        assert client.submit(create("user-2"), wait=True).state is State.SUCCEEDED
        told = client.get(lost.id, wait=True)
    assert told.state is State.REJECTED
    assert told.failure is not None
    assert told.failure.code == "secrets_lost"


def test_fault_13_a_journal_of_a_newer_version_is_refused(bridge: BridgeProcess) -> None:
    bridge.start()
    filled(bridge, 1)
    bridge.stop()
    with closing(sqlite3.connect(bridge.journal / "journal.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert "newer version (format 99" in refused(bridge)


def test_fault_13_a_crash_in_a_migration_leaves_it_to_the_next_start(bridge: BridgeProcess) -> None:
    for _ in range(3):
        bridge.spawn("C11-migrate")
        assert bridge.wait() == -9
    bridge.start()
    filled(bridge, 3)


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, None], ids=["empty", "garbage", "another database"])
def test_fault_12_what_is_no_backup_is_refused_and_the_journal_stays(
    bridge: BridgeProcess, tmp_path: Path, content: bytes | None
) -> None:
    bridge.start()
    filled(bridge, 5)
    bridge.stop()
    wrong = tmp_path / "wrong"
    if content is None:
        with closing(sqlite3.connect(wrong)) as other:
            other.execute("CREATE TABLE person (id INTEGER)")
    else:
        wrong.write_bytes(content)
    with pytest.raises(ConfigurationError, match="nothing was changed"):
        maintenance.restore(wrong, bridge.journal)
    assert not list(bridge.journal.glob("replaced-*"))
    assert maintenance.check(bridge.journal).operations == 5
    bridge.start()


def test_fault_12_each_restore_keeps_what_was_there(bridge: BridgeProcess, tmp_path: Path) -> None:
    bridge.start()
    filled(bridge, 5)
    backup = tmp_path / "backup.sqlite"
    maintenance.backup(bridge.journal, backup)
    filled_before = maintenance.check(bridge.journal).operations
    bridge.stop()
    kept = [maintenance.restore(backup, bridge.journal) for _ in range(2)]
    assert kept == [bridge.journal / "replaced-1", bridge.journal / "replaced-2"]
    assert maintenance.check(bridge.journal / "replaced-1").operations == filled_before


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_fault_12_a_restored_journal_is_not_released_before_it_was_started(
    bridge: BridgeProcess, tmp_path: Path, *, killed: bool
) -> None:
    bridge.start()
    filled(bridge, 5)
    maintenance.backup(bridge.journal, tmp_path / "backup.sqlite")
    bridge.kill() if killed else bridge.stop()
    maintenance.restore(tmp_path / "backup.sqlite", bridge.journal)
    with pytest.raises(ConfigurationError, match="not started since"):
        maintenance.release(bridge.journal)
    bridge.start()
    bridge.stop()
    maintenance.release(bridge.journal)
    bridge.start()
    filled(bridge, 1)


def test_a_database_that_is_no_journal_is_refused_and_left_alone(bridge: BridgeProcess) -> None:
    bridge.start()
    bridge.stop()
    file = bridge.journal / "journal.sqlite"
    file.unlink()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE person (id INTEGER)")
    assert "no journal's" in refused(bridge)
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("person",)]


def test_a_backup_into_a_directory_that_is_not_there_names_it(bridge: BridgeProcess, tmp_path: Path) -> None:
    bridge.start()
    with pytest.raises(ConfigurationError, match="there is no directory"):
        maintenance.backup(bridge.journal, tmp_path / "none" / "backup.sqlite")


# The change of user comes after the imports, as not everybody may read Python's own directory.
AS_STRANGER = "import os; from bridge.cli import main; os.setgroups([]); os.setresuid(65534, 65534, 65534); main()"


@pytest.mark.parametrize("command", ["check", "export", "backup", "restore", "release"])
def test_fault_07_a_stranger_is_told_who_may_look_after_the_journal(
    bridge: BridgeProcess, shared_directory: Path, command: str
) -> None:
    bridge.start()
    bridge.stop()
    journal = shared_directory / "journal"
    bridge.journal.rename(journal)
    backup = shared_directory / "backup.sqlite"
    arguments = {"backup": [str(backup)], "restore": [str(backup)]}.get(command, [])
    if command == "restore":
        maintenance.backup(journal, backup)
        backup.chmod(0o644)
    done = subprocess.run(
        [sys.executable, "-c", AS_STRANGER, "journal", command, *arguments, "--path", str(journal)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == EXIT_UNABLE
    (told,) = done.stderr.splitlines()
    assert told.startswith("error: ")
    assert str(journal) in told
    assert "user id 0" in told
    assert "chown" not in told


def test_a_backup_that_finds_no_room_names_its_file_and_leaves_none(bridge: BridgeProcess, tmp_path: Path) -> None:
    bridge.start()
    bridge.stop()
    destination = tmp_path / "backup.sqlite"
    limited = (
        "import resource, signal; from bridge.cli import main; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        " resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)); main()"
    )
    command = [sys.executable, "-c", limited, "journal", "backup", str(destination), "--path", str(bridge.journal)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == EXIT_UNABLE
    (told,) = done.stderr.splitlines()
    assert told.startswith(f"error: no backup could be made in {destination}: ")
    assert not destination.exists()
