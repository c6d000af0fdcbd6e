"""Which of several servers is used, and when another one."""

from __future__ import annotations

import pytest

from adapters.ldap.servers import FIRST_PAUSE, LONGEST_PAUSE, Servers
from bridge.sdk import ConnectionFailedError

FIRST, SECOND, THIRD = URLS = ("ldaps://one", "ldaps://two", "ldaps://three")
REPLICATION = 30.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def servers(clock: Clock) -> Servers:
    return Servers(URLS, REPLICATION, clock)


def write(servers: Servers, url: str) -> None:
    with servers.writing(url):
        pass


def test_they_are_tried_in_their_order(servers: Servers):
    assert list(servers.candidates()) == [FIRST, SECOND, THIRD]


def test_the_one_in_use_stays_in_use(servers: Servers):
    servers.connected(SECOND)
    assert list(servers.candidates()) == [SECOND, FIRST, THIRD]
    assert servers.is_current(SECOND)


def test_one_that_failed_is_left_alone_and_comes_last(servers: Servers, clock: Clock):
    servers.connected(FIRST)
    servers.failed(FIRST)
    assert list(servers.candidates()) == [SECOND, THIRD, FIRST]
    clock.now += FIRST_PAUSE
    assert list(servers.candidates()) == [FIRST, SECOND, THIRD]


def test_after_a_write_no_other_is_used_before_it_is_surely_there(servers: Servers, clock: Clock):
    servers.connected(FIRST)
    write(servers, FIRST)
    servers.failed(FIRST)
    clock.now += REPLICATION - 1
    assert list(servers.candidates()) == [FIRST]
    clock.now += 1
    assert list(servers.candidates()) == [SECOND, THIRD, FIRST]


def test_no_other_is_used_while_a_write_is_under_way(servers: Servers, clock: Clock):
    servers.connected(FIRST)
    with servers.writing(FIRST):
        clock.now += 10 * REPLICATION
        servers.failed(FIRST)
        assert list(servers.candidates()) == [FIRST]
    clock.now += REPLICATION - 1
    assert list(servers.candidates()) == [FIRST]


def test_nothing_is_written_to_a_server_that_another_instance_has_left(servers: Servers):
    servers.connected(FIRST)
    servers.connected(SECOND)
    with pytest.raises(ConnectionFailedError), servers.writing(FIRST):
        pytest.fail("it was written to")
    write(servers, SECOND)


def test_no_other_is_taken_while_another_instance_writes(servers: Servers, clock: Clock):
    servers.connected(FIRST)
    with servers.writing(FIRST):
        with pytest.raises(ConnectionFailedError):
            servers.connected(SECOND)
        servers.connected(FIRST)
    clock.now += REPLICATION
    servers.connected(SECOND)
    assert servers.is_current(SECOND)


def test_the_preferred_one_is_gone_back_to_after_its_pause_and_ours(servers: Servers, clock: Clock):
    servers.failed(FIRST)
    servers.connected(SECOND)
    assert servers.preferred() is None
    clock.now += FIRST_PAUSE
    write(servers, SECOND)
    assert servers.preferred() is None
    clock.now += REPLICATION
    assert servers.preferred() == FIRST
    servers.connected(FIRST)
    assert servers.preferred() is None


def test_one_that_came_back_is_not_gone_back_to_before_it_has_what_it_missed(servers: Servers, clock: Clock):
    servers.connected(SECOND)
    assert servers.preferred() == FIRST
    assert not servers.came_back(FIRST)
    clock.now += REPLICATION - 1
    assert servers.preferred() is None
    clock.now += 1
    assert servers.preferred() == FIRST
    assert servers.came_back(FIRST)


def test_one_that_goes_away_again_has_to_catch_up_again(servers: Servers, clock: Clock):
    servers.connected(SECOND)
    assert not servers.came_back(FIRST)
    servers.failed(FIRST)
    clock.now += FIRST_PAUSE
    assert servers.preferred() == FIRST
    assert not servers.came_back(FIRST)


def test_one_that_stays_away_is_tried_ever_more_seldom(servers: Servers, clock: Clock):
    servers.connected(SECOND)
    pauses = []
    for _ in range(10):
        servers.failed(FIRST)
        begun = clock.now
        while servers.preferred() is None:
            clock.now += FIRST_PAUSE
        pauses.append(clock.now - begun)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    servers.connected(FIRST)
    servers.failed(FIRST)
    servers.connected(SECOND)
    clock.now += FIRST_PAUSE
    assert servers.preferred() == FIRST
