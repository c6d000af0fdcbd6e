"""A start that fails or is killed half way leaves a journal that the next start takes for what it is: its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bridge.journal import Mode, recovery
from bridge.journal.storage import FILE, KEYS
from bridge.model.errors import ConfigurationError
from tests.unit.journal.opened import OpenedJournal


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_first_start_that_failed_is_no_restored_backup(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    directory.mkdir(mode=0o700)
    (directory / KEYS).write_text("in the way")
    with pytest.raises(ConfigurationError, match=f"{KEYS}: File exists; put right what is there"):
        OpenedJournal(directory)
    (directory / KEYS).unlink()
    opened = OpenedJournal(directory)
    assert opened.journal.mode is Mode.NORMAL
    opened.close()


@pytest.mark.parametrize("starts_before", [0, 1, 2])
@pytest.mark.parametrize("which", [1, 2], ids=["before_the_commit", "after_the_commit"])
def test_starts_killed_around_their_commit_are_no_restored_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts_before: int, which: int
) -> None:
    directory = tmp_path / "journal"
    for _ in range(starts_before):
        OpenedJournal(directory).close()
    for _ in range(3):
        with monkeypatch.context() as killed:
            killed.setattr(recovery, "_write_beside", dies_at(which, recovery._write_beside))
            # A killed process marks nothing.
            killed.setattr(recovery, "mark_stopped", lambda _: None)
            with pytest.raises(KilledError):
                OpenedJournal(directory)
    opened = OpenedJournal(directory)
    assert opened.journal.mode is Mode.NORMAL
    opened.close()


def dies_at(which: int, write: Callable[..., None]) -> Callable[..., None]:
    """Writes as ever; the process ends right after the first writing, or instead of the second."""
    written = 0

    def writing(directory: Path, *words: str) -> None:
        nonlocal written
        written += 1
        if written == 1:
            write(directory, *words)
        if written == which:
            raise KilledError

    return writing


def test_a_journal_of_the_first_format_is_brought_to_this_one(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    OpenedJournal(directory).close()
    with closing(sqlite3.connect(directory / FILE)) as file:
        file.executescript(
            "ALTER TABLE operation DROP COLUMN assigned; DROP TABLE number; PRAGMA user_version = 1; VACUUM;"
        )
    opened = OpenedJournal(directory)
    assert opened.journal.mode is Mode.NORMAL
    opened.close()
    with closing(sqlite3.connect(directory / FILE)) as file:
        assert file.execute("SELECT count(assigned) FROM operation").fetchone() == (0,)
        assert file.execute("SELECT count(last) FROM number").fetchone() == (0,)
        assert file.execute("PRAGMA user_version").fetchone() == (2,)
