"""A server that dies or freezes in the middle of a batch: each outcome is true, and one effect is reached after it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge.sdk import Applied, Deferred, DeltaKind, Rejected, Uncertain
from bridge.sdk.testing.contract import ObjectSample
from tests.support import containers, ldap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import OpenLdapServer

USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)
MANY = 2_000


@pytest.fixture
def victim(container_engine: str) -> Iterator[OpenLdapServer]:
    with containers.openldap(dbnosync=True) as server:
        yield server


def test_a_server_that_is_killed_in_the_middle_of_a_batch(victim: OpenLdapServer, opened: Opened):
    with opened(ldap.connector(victim)) as harness, opened(ldap.connector(victim)) as witness:
        batch = [harness.creation(USER, harness.label()) for _ in range(MANY)]

        def kill_after_some() -> None:
            while witness.find(batch[MANY // 4].operation.target) is None:
                pass
            victim.container.kill()

        killer = threading.Thread(target=kill_after_some)
        killer.start()
        outcomes = harness.export(batch)
        killer.join()
        victim.container.start()
        for attempt in batch:
            found = harness.find(attempt.operation.target)
            match outcomes[attempt.operation.id]:
                case Applied(anchor=anchor):
                    assert found is not None
                    assert found.anchor == anchor
                case Deferred():
                    assert found is None
                case Uncertain():
                    pass
                case other:
                    pytest.fail(f"{other} is not what a lost connection leads to")
        kinds = [type(each) for each in outcomes.values()]
        assert kinds.count(Applied) >= MANY // 4
        # No more than a window of requests was in flight.
        assert 0 < kinds.count(Uncertain) <= 256
        assert Deferred in kinds


def test_a_frozen_server_leaves_doubt_that_a_second_attempt_settles(victim: OpenLdapServer, opened: Opened):
    with opened(ldap.connector(victim, operation_timeout_seconds=0.3)) as harness:
        there = harness.create(USER, harness.label())
        creation = harness.creation(USER, harness.label())
        victim.container.pause()
        try:
            doubtful = harness.again(creation)
        finally:
            victim.container.unpause()
        assert isinstance(doubtful, Uncertain)
        assert doubtful.failure.code == "operation_timeout"
        # The frozen server still has the request, and carries it out now or not at all.
        second = harness.again(replace(creation, number=2, conditional=True))
        assert isinstance(second, Applied) or (isinstance(second, Rejected) and second.failure.code == "already_exists")
        assert harness.find(creation.operation.target) is not None
        assert isinstance(harness.change(there, "description", DeltaKind.REPLACE, "goes on"), Applied)
