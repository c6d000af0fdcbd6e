"""The staff database reads itself back, with what went wrong in it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sql.config import PasswordScheme
from adapters.sql.passwords import hashed
from bridge.demo.comparison import Content, Write, compare
from bridge.demo.ledger import AS_ASKED, GROUP, USER
from bridge.demo.staff import StaffDatabase
from bridge.model.secrets import Secret

WORD = Secret("correct horse 🔑")
SETUP = f"""
INSERT INTO person (login, display_name) VALUES ('ada', 'Ada');
UPDATE person SET password_hash = '{hashed(WORD, PasswordScheme.SCRYPT)}' WHERE login = 'ada';
INSERT INTO phone VALUES (1, '+44 1');
INSERT INTO team (name) VALUES ('R&D');
INSERT INTO membership VALUES (1, 1);
"""


class Staff:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.database = StaffDatabase(file)
        self.write(SETUP)

    def write(self, statements: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection:
            connection.executescript(statements)

    def read(self) -> Content:
        return self.database.read({(USER, "ada"): WORD})


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    return Staff(tmp_path / "staff.db")


def test_it_tells_objects_and_writes(staff: Staff):
    content = staff.read()
    assert {(each.object_type, each.name): dict(each.attributes) for each in content.objects} == {
        (USER, "ada"): {"display_name": ("Ada",), "enabled": ("true",), "password": (AS_ASKED,), "phone": ("+44 1",)},
        (GROUP, "R&D"): {"member": ("ada",)},
    }
    assert content.writes == Counter([
        Write(USER, "ada", "create"),
        Write(USER, "ada", "password"),
        Write(USER, "ada", "phone + +44 1"),
        Write(GROUP, "R&D", "create"),
        Write(GROUP, "R&D", "member + ada"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("INSERT INTO phone VALUES (1, '+44 1')", "phone: asked '+44 1', found '+44 1', '+44 1'"),
        ("DELETE FROM membership", "member: asked 'ada', found nothing"),
        ("UPDATE person SET password_hash = '$scrypt$ln=4,r=8,p=1$YWFhYQ$YWFhYQ'", "found 'another one'"),
        ("UPDATE person SET status = 'D'", "enabled: asked 'true', found 'false'"),
        ("UPDATE person SET display_name = display_name", "change: asked 0 times, done 1 times"),
        ("DELETE FROM membership; INSERT INTO membership VALUES (1, 1)", "member + ada: asked 1 times, done 2 times"),
    ],
    ids=["row twice", "row lost", "other password", "disabled", "same value again", "removed and put back"],
)
def test_what_is_wrong_is_seen(staff: Staff, damage: str, told: str):
    asked = staff.read()
    staff.write(damage)
    assert any(str(each).endswith(told) for each in compare(asked, staff.read()))
