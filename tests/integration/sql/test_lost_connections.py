"""A connection lost before the commit is surely rolled back; lost at the commit, only the marker tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.sdk import Applied, Deferred, Uncertain
from tests.support.sql_connector import SqlConnector, create, opened, user
from tests.support.tcp_proxy import Cut, TcpProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.containers import PostgreSqlServer

pytestmark = pytest.mark.service


@pytest.fixture
def proxy(postgresql_server: PostgreSqlServer) -> Iterator[TcpProxy]:
    with TcpProxy(postgresql_server.host, postgresql_server.port) as proxy:
        yield proxy


@pytest.fixture
def through_proxy(
    postgresql_server: PostgreSqlServer, settings: dict[str, Any], proxy: TcpProxy
) -> Iterator[SqlConnector]:
    server = postgresql_server
    url = f"postgresql+psycopg://{server.user}@127.0.0.1:{proxy.port}/{server.database}"
    with opened({**settings, "url": url}, server.password) as connector:
        yield connector


@pytest.mark.parametrize("how", Cut)
def test_lost_at_the_commit_all_are_uncertain_and_markers_tell_the_truth(
    through_proxy: SqlConnector, postgresql: SqlConnector, proxy: TcpProxy, how: Cut
):
    batch = [create(user(name)) for name in ("ann", "bob", "cid")]
    proxy.cut_at(b"COMMIT", how)
    outcomes = through_proxy.send(*batch)
    assert all(isinstance(each, Uncertain) for each in outcomes), outcomes
    assert {each.failure.code for each in outcomes if isinstance(each, Uncertain)} == {"connection_broken"}

    told = postgresql.adapter.applied(batch[0].operation.caller, [each.operation.id for each in batch])
    there = {each.name: each.anchor for each in postgresql.found("user")}
    expected = {} if how is Cut.BEFORE else {each.operation.target.name for each in batch}
    assert set(there) == set(expected)
    assert {each.operation.target.name for each in batch if each.operation.id in told} == set(expected)
    assert {each.anchor for each in told.values()} == set(there.values())


@pytest.mark.parametrize("how", Cut)
def test_sent_again_after_doubt_there_is_one_effect(
    through_proxy: SqlConnector, postgresql: SqlConnector, proxy: TcpProxy, how: Cut
):
    attempt = create(user("ann"))
    proxy.cut_at(b"COMMIT", how)
    assert isinstance(through_proxy.one(attempt), Uncertain)
    again = through_proxy.one(attempt)
    assert isinstance(again, Applied)
    assert [each.anchor for each in postgresql.found("user")] == [again.anchor]


@pytest.mark.parametrize("how", Cut)
def test_lost_before_the_commit_all_are_deferred(
    through_proxy: SqlConnector, postgresql: SqlConnector, proxy: TcpProxy, how: Cut
):
    proxy.cut_at(b"INSERT INTO people.person", how)
    outcomes = through_proxy.send(create(user("ann")), create(user("bob")))
    assert all(isinstance(each, Deferred) for each in outcomes), outcomes
    assert postgresql.found("user") == []


def test_the_next_batch_connects_again(through_proxy: SqlConnector, proxy: TcpProxy):
    proxy.drop()
    assert isinstance(through_proxy.one(create(user("ann"))), Deferred)
    assert isinstance(through_proxy.one(create(user("ann"))), Applied)
