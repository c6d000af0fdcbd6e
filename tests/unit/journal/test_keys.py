"""Keys of secrets are shredded once nothing that is committed needs them, and not a moment before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.journal import Conclusion, Entry, Purge, Transition
from bridge.journal.sealing import Sealer
from bridge.journal.storage import KEYS
from bridge.journal.writer import Kind
from bridge.model.identity import CallerName, ConnectorName, Name, ObjectRef, ObjectType, OperationId
from bridge.model.lifecycle import State
from bridge.model.operations import Operation, SetPassword
from bridge.model.secrets import Secret
from tests.unit.journal.opened import OpenedJournal

OLD = Purge(0.0, 0.0)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenedJournal]:
    made = OpenedJournal(tmp_path / "journal")
    yield made
    made.close()


@pytest.fixture
def entry(opened: OpenedJournal, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """Accepted two hours ago."""
    earlier = time.time() - 7200
    target = ObjectRef(ObjectType("user"), None, Name("alice"))
    body = SetPassword(Secret("a password of length"))
    with monkeypatch.context() as clock:
        clock.setattr("bridge.journal.writer.time.time", lambda: earlier)
        opened.accept(Operation(OperationId("op"), CallerName("tester"), ConnectorName("target"), target, body))
    [entry] = opened.new
    opened.run(opened.journal.intend([entry]))
    return entry


def hours(opened: OpenedJournal) -> list[Path]:
    return list((opened.directory / KEYS).glob("[0-9]*.key"))


def test_a_key_stays_while_something_is_sealed_under_it(opened: OpenedJournal, entry: Entry) -> None:
    opened.run(opened.journal.purge(OLD))
    assert len(hours(opened)) == 1
    opened.reopen()
    [again], _ = opened.run(opened.journal.history.load([entry.sequence]))
    assert again.operation == entry.operation
    assert not again.secrets_lost


def test_a_key_outlives_the_transaction_that_settles_the_last_under_it(opened: OpenedJournal, entry: Entry) -> None:
    """Were it shredded within, a crash before the commit would leave an open operation without its secret."""
    writer = opened.journal._writer
    settled = Transition(entry, State.SUCCEEDED, Conclusion())

    async def in_one_transaction() -> None:
        with writer._wake:
            recorded, purged = writer.submit(Kind.RECORD, [settled]), writer.submit(Kind.PURGE, [OLD])
        await recorded
        await purged

    opened.run(in_one_transaction())
    assert len(hours(opened)) == 1
    opened.run(opened.journal.purge(OLD))
    assert hours(opened) == []


def test_an_operation_whose_key_is_gone_is_told_apart(opened: OpenedJournal, entry: Entry) -> None:
    for key in hours(opened):
        key.unlink()
    opened.reopen()
    [again], _ = opened.run(opened.journal.history.load([entry.sequence]))
    assert again.secrets_lost


@pytest.mark.parametrize("content", [None, b"", b"half a key"], ids=["missing", "empty", "cut off"])
def test_a_damaged_key_costs_its_own_secrets_and_nothing_else(
    opened: OpenedJournal, entry: Entry, content: bytes | None
) -> None:
    [key] = hours(opened)
    key.unlink() if content is None else key.write_bytes(content)
    opened.reopen()
    [again], _ = opened.run(opened.journal.history.load([entry.sequence]))
    assert again.secrets_lost
    hour = int(key.stem) * 3600.0
    sealer = Sealer(opened.directory / KEYS)
    assert sealer.unseal(int(key.stem), sealer.seal(["0815"], "op", hour)[1], "op") == ("0815",)
