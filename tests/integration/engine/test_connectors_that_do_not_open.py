"""A connector that cannot be opened: it is told, nothing is sent to it, the others go on, and a mend is picked up."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from adapters.sql import ADAPTER as SQL
from bridge.config.settings import ConnectorSettings
from bridge.model import (
    ConnectorName,
    Create,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    State,
    UnavailableError,
    new_operation_id,
)
from bridge.model.status import Health
from bridge.sdk.spec import AdapterSpec
from bridge.sdk.testing.memory import ADAPTER as MEMORY
from bridge.sdk.testing.memory import forget_store, named_store
from tests.support.log_lines import Lines, logged
from tests.support.running import ME, Running, connector_settings, running
from tests.support.silent_port import silent_port

PEOPLE, OTHER = ConnectorName("people"), ConnectorName("other")

Connectors = dict[str, tuple[AdapterSpec, ConnectorSettings]]


def create(name: str, connector: ConnectorName = PEOPLE) -> Operation:
    target = ObjectRef(ObjectType("user"), None, Name(name))
    attribute = "mail" if connector == PEOPLE else "display_name"
    return Operation(new_operation_id(), ME, connector, target, Create({attribute: (name,)}))


def people(directory: Path, **options: object) -> Connectors:
    file = directory / "people.db"
    user = {"table": "person", "name": "login", "attributes": {"mail": {"column": "mail"}}}
    settings = {"url": f"sqlite:///{file}", "object_types": {"user": user}, "lock_timeout_seconds": 0.02}
    return {PEOPLE: (SQL, connector_settings(SQL, settings, canary_seconds=0.05, **options))}


def other(store: str) -> Connectors:
    settings = connector_settings(MEMORY, {"store": store}, breaker_failures=1, canary_seconds=0.05)
    return {OTHER: (MEMORY, settings)}


def tables(directory: Path, *statements: str) -> None:
    with closing(sqlite3.connect(directory / "people.db")) as database:
        for statement in statements:
            database.execute(statement)


WITHOUT_MAIL = "CREATE TABLE person (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE)"
MAIL = "ALTER TABLE person ADD COLUMN mail TEXT"


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - a line of the log is no event
            await asyncio.sleep(0.01)


async def health(bridge: Running, connector: ConnectorName) -> tuple[Health, str]:
    (found,) = [each for each in await bridge.engine.connectors(bridge.caller) if each.name == connector]
    return found.health, found.reason


@asynccontextmanager
async def logging_bridge(directory: Path, connectors: Connectors) -> AsyncIterator[tuple[Running, Lines]]:
    with logged() as lines:
        async with running(directory, connectors) as bridge:
            yield bridge, lines


async def test_a_column_that_is_missing_is_told_and_picked_up_when_it_is_there(tmp_path: Path):
    tables(tmp_path, WITHOUT_MAIL)
    async with logging_bridge(tmp_path, people(tmp_path) | other("beside")) as (bridge, lines):
        await until(lambda: lines("connector_not_opened"))
        (told,) = lines("connector_not_opened")
        assert (told["connector"], told["level"], told["error"]) == (PEOPLE, "warning", "ConfigurationError")
        assert "mail" in told["reason"]
        assert told["since"]
        assert "tried again" in told["next"]
        now, reason = await health(bridge, PEOPLE)
        assert (now, reason) == (Health.UNOPENED, told["reason"])
        assert (await bridge.settle(create("ann", OTHER)))[0].state is State.SUCCEEDED
        with pytest.raises(UnavailableError, match=r"was never opened: .*mail"):
            await bridge.submit(create("ann"))
        tables(tmp_path, MAIL)
        await until(lambda: lines("connector_recovered"))
        assert (await bridge.settle(create("ann")))[0].state is State.SUCCEEDED
        assert len(lines("connector_not_opened")) == 1
    forget_store("beside")


async def test_what_was_accepted_waits_for_the_mend_and_is_not_rejected(tmp_path: Path):
    tables(tmp_path, WITHOUT_MAIL, MAIL)
    async with running(tmp_path, people(tmp_path)) as bridge:
        await bridge.settle(create("ann"))
    tables(tmp_path, "ALTER TABLE person DROP COLUMN mail")
    async with logging_bridge(tmp_path, people(tmp_path)) as (bridge, lines):
        waiting = create("bob")
        await bridge.submit(waiting)
        await until(lambda: lines("connector_not_opened"))
        assert (await bridge.engine.status(bridge.caller, waiting.id)).attempts == 0
        tables(tmp_path, MAIL)
        assert (await bridge.engine.wait(bridge.caller, waiting.id)).state is State.SUCCEEDED
        assert lines("connector_recovered")[0]["waited"] == 1


async def test_a_test_that_succeeds_opens_it_at_once_and_one_that_fails_is_logged(tmp_path: Path):
    tables(tmp_path, WITHOUT_MAIL)
    slow = people(tmp_path)
    slow[PEOPLE] = (SQL, slow[PEOPLE][1].model_copy(update={"canary_seconds": 3600.0}))
    async with logging_bridge(tmp_path, slow) as (bridge, lines):
        await until(lambda: lines("connector_not_opened"))
        assert not (await bridge.engine.test(bridge.caller, PEOPLE)).ok
        (failed,) = lines("connector_test_failed")
        assert (failed["connector"], failed["caller"], failed["level"]) == (PEOPLE, ME, "warning")
        assert "mail" in failed["message"]
        tables(tmp_path, MAIL)
        assert (await bridge.engine.test(bridge.caller, PEOPLE)).ok
        assert await health(bridge, PEOPLE) == (Health.OK, "")


async def test_a_hung_target_keeps_nobody_waiting_at_the_first_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bridge.host.catalog.SCHEMA_PATIENCE", 0.2)
    with silent_port() as port:
        settings = {
            "url": f"postgresql+psycopg://bridge@127.0.0.1:{port}/people",
            "connect_timeout_seconds": 600,
            "object_types": {"user": {"table": "person", "name": "login"}},
        }
        hung: Connectors = {PEOPLE: (SQL, connector_settings(SQL, settings, deadline_seconds=600.0))}
        async with running(tmp_path, hung | other("quick")) as bridge, asyncio.timeout(60):
            # One after the other they would take longer than the test may.
            answers = await asyncio.gather(
                *(bridge.engine.submit(bridge.caller, [create(f"user {number}")]) for number in range(200)),
                bridge.settle(create("ann", OTHER)),
            )
            *refused, settled = answers
            assert {type(each) for (each,) in refused} == {UnavailableError}
            assert "has not told its schema yet" in refused[0][0].message  # type: ignore[union-attr]  # seen above
            assert settled[0].state is State.SUCCEEDED  # type: ignore[union-attr]  # a status
            assert (await health(bridge, PEOPLE))[0] is Health.UNOPENED
    forget_store("quick")


async def test_the_breaker_is_one_line_when_it_opens_and_one_when_it_closes(tmp_path: Path):
    async with logging_bridge(tmp_path, other("down")) as (bridge, lines):
        await bridge.settle(create("ann", OTHER))
        named_store("down").reachable = False
        waiting = [create(f"user {number}", OTHER) for number in range(20)]
        await bridge.submit(*waiting)
        await until(lambda: lines("breaker_opened"))
        named_store("down").reachable = True
        async with asyncio.timeout(20):
            assert {(await bridge.engine.wait(bridge.caller, each.id)).state for each in waiting} == {State.SUCCEEDED}
        await until(lambda: lines("connector_recovered"))
        (opened,) = lines("breaker_opened")
        assert (opened["error"], opened["reason"]) == ("ConnectionFailedError", "the store is not reachable")
        assert "tries, after 1 s" in opened["next"]
        (closed,) = lines("connector_recovered")
        assert (closed["level"], closed["health"]) == ("info", "open")
        assert closed["seconds"] >= 0
        assert 0 <= closed["waited"] <= len(waiting)
        assert len(lines("retrying")) == 1
        assert all("user " not in str(line) for line in lines())
    forget_store("down")


async def test_retries_are_one_line_when_they_begin_and_one_when_they_are_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bridge.engine.retries.QUIET_SECONDS", 0.05)
    tables(tmp_path, WITHOUT_MAIL, MAIL)
    quick = people(tmp_path, retry_first_seconds=0.01, retry_longest_seconds=0.05)
    async with logging_bridge(tmp_path, quick) as (bridge, lines):
        await bridge.settle(create("ann"))
        with closing(sqlite3.connect(tmp_path / "people.db", isolation_level=None)) as other_session:
            other_session.execute("BEGIN IMMEDIATE")
            waiting = [create(f"user {number}") for number in range(5)]
            await bridge.submit(*waiting)
            await until(lambda: lines("retrying"))
            other_session.execute("ROLLBACK")
        async with asyncio.timeout(20):
            assert {(await bridge.engine.wait(bridge.caller, each.id)).state for each in waiting} == {State.SUCCEEDED}
        await until(lambda: lines("retrying_ended"))
        (told,), (over,) = lines("retrying"), lines("retrying_ended")
        assert (told["level"], told["code"], told["connector"]) == ("warning", "throttled", PEOPLE)
        assert over["count"] >= 1
        assert all("user " not in str(line) for line in lines())


async def test_retries_are_over_when_what_was_retried_waits_for_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bridge.engine.retries.QUIET_SECONDS", 0.05)
    tables(tmp_path, WITHOUT_MAIL, MAIL)
    spec, settings = people(tmp_path)[PEOPLE]
    aged = {PEOPLE: (spec, settings.model_copy(update={"max_age_days": 0}))}
    async with logging_bridge(tmp_path, aged) as (bridge, lines):
        await bridge.settle(create("ann"))
        with closing(sqlite3.connect(tmp_path / "people.db", isolation_level=None)) as other_session:
            other_session.execute("BEGIN IMMEDIATE")
            old = create("bob")
            await bridge.submit(old)
            await until(lambda: lines("retrying_ended"))
        assert (await bridge.engine.status(bridge.caller, old.id)).state is State.PARKED
