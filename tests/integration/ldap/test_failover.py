"""Two servers that replicate to each other. One goes away under load, the other takes over: nothing lost, or twice."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from adapters.ldap import ADAPTER, servers
from bridge.host import instance
from bridge.model import (
    AttributeDelta,
    ConnectorName,
    Create,
    DeltaKind,
    ObjectRef,
    Operation,
    Secret,
    State,
    Update,
    new_operation_id,
)
from bridge.sdk import Applied, SetPassword
from bridge.sdk.testing.contract import ObjectSample
from tests.support import active_directory as ad
from tests.support import ldap
from tests.support.mirror import Mirrored, mirrored_openldap
from tests.support.running import ME, Running, connector_settings, running
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import ActiveDirectoryServer

STAFF = ConnectorName("staff")
MANY = 1_500
REPLICATION = 3.0  # seconds
ADMIN = "cn=admin,dc=lab,dc=test"
ON = (True,)


@pytest.fixture
def pair(container_engine: str) -> Iterator[tuple[Mirrored, Mirrored]]:
    with mirrored_openldap() as pair:
        wait_until(lambda: found(pair[1], ldap.PEOPLE, "(ou=people)", "ou"), "replication of the seed")
        yield pair


def bridge_to(directory: Path, pair: Sequence[Mirrored], *ports: int) -> AbstractAsyncContextManager[Running]:
    """A bridge to the servers at these ports."""
    authorities = directory / "ca.pem"
    authorities.write_bytes(b"".join(each.ca_pem.read_bytes() for each in pair))
    settings: dict[str, Any] = {
        "urls": [f"ldaps://localhost:{port}" for port in ports],
        "tls": {"ca_file": str(authorities)},
        "bind": {"method": "simple", "dn": ldap.ACCOUNT, "password": "file:/account"},
        "base": "dc=lab,dc=test",
        "object_types": ldap.OBJECT_TYPES,
        "replication_seconds": REPLICATION,
    }
    options = {"retry_first_seconds": 0.05, "canary_seconds": 0.1, "settle_seconds": REPLICATION}
    connectors = {STAFF: (ADAPTER, connector_settings(ADAPTER, settings, **options))}
    return running(directory, connectors, resolve_secret=lambda reference: Secret(ldap.SECRETS[reference]))


def create(label: str) -> Operation:
    target = ObjectRef(ldap.USER, name=ldap.user(label))
    return Operation(new_operation_id(), ME, STAFF, target, Create(ldap.posix(label)))


def add_title(label: str) -> Operation:
    target = ObjectRef(ldap.USER, name=ldap.user(label))
    return Operation(new_operation_id(), ME, STAFF, target, Update((AttributeDelta("title", DeltaKind.ADD, (label,)),)))


def found(server: Mirrored, base: str, condition: str, *attributes: str) -> list[dict[str, list[bytes]]]:
    directory = ldap3.Server("127.0.0.1", server.port, get_info=ldap3.NONE)
    with ldap3.Connection(directory, ADMIN, "admin-secret", check_names=False) as connection:
        pages = connection.extend.standard.paged_search(base, condition, attributes=list(attributes), paged_size=1000)
        return [each["raw_attributes"] for each in pages if each["type"] == "searchResEntry"]


def users(server: Mirrored) -> dict[bytes, bytes]:
    """The users there, with the identity of each."""
    return {each["uid"][0]: each["entryUUID"][0] for each in found(server, ldap.PEOPLE, "(uid=*)", "uid", "entryUUID")}


def writes(server: Mirrored) -> dict[str, Counter[str]]:
    """How often each entry was added and modified, as the server wrote it down; replication is written down too."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for each in found(server, "cn=accesslog", "(|(reqType=add)(reqType=modify))", "reqType", "reqDN"):
        counted[each["reqDN"][0].decode()][each["reqType"][0].decode()] += 1
    return counted


async def settled(bridge: Running, operations: Sequence[Operation]) -> Counter[State]:
    async with asyncio.timeout(90):
        ended = [await bridge.engine.wait(bridge.caller, each.id) for each in operations]
    return Counter(each.state for each in ended)


async def in_use(bridge: Running) -> str:
    """The line that tells which server is used."""
    return (await bridge.engine.test(bridge.caller, STAFF)).checks[0]


async def test_a_server_that_cannot_be_reached_is_left_for_the_other_and_gone_back_to(
    pair: tuple[Mirrored, Mirrored], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(servers, "FIRST_PAUSE", 0.5)
    monkeypatch.setattr(instance, "IDLE_SECONDS", 0.0)
    first, second = pair
    labels = [f"user{number}" for number in range(MANY)]
    operations = [create(label) for label in labels] + [add_title(label) for label in labels]
    with TcpProxy("127.0.0.1", first.tls_port) as proxy:
        async with bridge_to(tmp_path, pair, proxy.port, second.tls_port) as bridge:
            await bridge.submit(*operations)
            await asyncio.to_thread(wait_until, lambda: len(users(first)) > MANY // 4, "load")
            proxy.refuse()
            assert await settled(bridge, operations) == {State.SUCCEEDED: 2 * MANY}
            assert str(second.tls_port) in await in_use(bridge)
            proxy.accept()
            some = ObjectRef(ldap.USER, name=ldap.user(labels[0]))
            async with asyncio.timeout(60):
                while str(proxy.port) not in await in_use(bridge):
                    await bridge.engine.read(bridge.caller, STAFF, some)
            last = [create("later"), add_title("later")]
            await bridge.submit(*last)
            assert await settled(bridge, last) == {State.SUCCEEDED: 2}
    everybody = {label.encode() for label in (*labels, "later")}
    wait_until(lambda: users(first) == users(second), "agreement")
    assert users(first).keys() == everybody
    once = Counter({"add": 1, "modify": 1})
    for server in pair:
        assert {name: each for name, each in writes(server).items() if "uid=" in name and each != once} == {}


def test_46_a_controller_goes_away_between_create_and_password(
    active_directory_server: ActiveDirectoryServer, opened: Opened
):
    """The account stays disabled until the other one has its password. Both roads lead to one controller here."""
    server = active_directory_server
    sample = ObjectSample(object_type=ad.USER, name=ad.user)
    with TcpProxy("127.0.0.1", server.tls_port) as first, TcpProxy("127.0.0.1", server.tls_port) as second:
        urls = [f"ldaps://localhost:{proxy.port}" for proxy in (first, second)]
        with opened(ad.connector(server, urls=urls, replication_seconds=0)) as harness:
            ref = harness.create(sample, harness.label())
            first.refuse()
            assert isinstance(harness.send(ref, SetPassword(Secret(ad.USER_PASSWORD))), Applied)
            assert urls[1] in harness.adapter.test()[0]
            assert harness.values(ref, "enabled") == (False,)
            assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *ON), Applied)


async def test_a_server_that_is_killed_under_load_and_comes_back(pair: tuple[Mirrored, Mirrored], tmp_path: Path):
    first, second = pair
    labels = [f"user{number}" for number in range(MANY)]
    operations = [create(label) for label in labels]
    async with bridge_to(tmp_path, pair, first.tls_port, second.tls_port) as bridge:
        await bridge.submit(*operations)
        await asyncio.to_thread(wait_until, lambda: len(users(first)) > MANY // 4, "load")
        await asyncio.to_thread(first.container.kill)
        assert await settled(bridge, operations) == {State.SUCCEEDED: MANY}
        assert str(second.tls_port) in await in_use(bridge)
    first.container.start()
    wait_until(lambda: users(first) == users(second), "agreement")
    assert users(first).keys() == {label.encode() for label in labels}
