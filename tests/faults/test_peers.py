"""Faults between the bridge and its targets: connections that are lost, hang, crawl, lie, or never come to be."""

from __future__ import annotations

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from bridge.client import BridgeClient, Settled
from bridge.model.attributes import AttributeDelta, DeltaKind
from bridge.model.errors import StepRefusedError, UnavailableError
from bridge.model.identity import ObjectRef, new_operation_id
from bridge.model.lifecycle import State
from bridge.model.operations import Body, Create, Delete, Operation, Rename, Update
from tests.crash.bridge_process import CALLER, BridgeProcess
from tests.crash.checker import Asked
from tests.crash.targets.openldap import OpenLdapTarget
from tests.crash.targets.sql import postgresql_target
from tests.crash.targets.target import Target
from tests.crash.workload import CONNECTOR, USER
from tests.faults.conftest import MakeBridge
from tests.faults.operations import create
from tests.integration.rpc import certificates
from tests.support.tcp_proxy import Cut, TcpProxy
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.containers import OpenLdapServer, PostgreSqlServer

pytestmark = pytest.mark.service

SOON = {"deadline_seconds": 2.0, "settle_seconds": 0.2, "canary_seconds": 0.5, "retry_first_seconds": 0.1}


class Caller:
    """Operations on one user, by the words of a target."""

    def __init__(self, target: Target) -> None:
        self.label = f"cut-{new_operation_id()[-8:]}"
        self._words = target.vocabulary
        self.name = self._words.user(self.label)

    def ask(self, body: Body) -> Operation:
        return Operation(new_operation_id(), CALLER, CONNECTOR, ObjectRef(USER, None, self.name), body)

    def create(self) -> Operation:
        return self.ask(Create(self._words.attributes(self.label)))

    def rename(self) -> Operation:
        return self.ask(Rename(self._words.user(f"{self.label}-renamed")))


def ldap_through(target: OpenLdapTarget, proxy: TcpProxy, **more: Any) -> dict[str, Any]:
    """The connector, by way of the proxy, in clear so that the proxy can choose its moment."""
    found = dict(target.connector())
    settings = dict(found["settings"]) | {"urls": [f"ldap://127.0.0.1:{proxy.port}"], "protection": "none", "tls": {}}
    return {**found, "settings": settings, **SOON, **more}


@pytest.fixture
def target(openldap_server: OpenLdapServer, tmp_path: Path) -> OpenLdapTarget:
    return OpenLdapTarget(openldap_server, tmp_path)


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("kind", ["create", "update", "rename", "delete"])
def test_fault_17_a_connection_cut_at_an_ldap_write_gives_one_effect(
    openldap_server: OpenLdapServer, target: OpenLdapTarget, make_bridge: MakeBridge, kind: str, how: Cut
) -> None:
    caller = Caller(target)
    with TcpProxy(openldap_server.host, openldap_server.port) as proxy:
        bridge = make_bridge({CONNECTOR: ldap_through(target, proxy)})
        bridge.start()
        made: dict[str, tuple[Operation, str]] = {
            "create": (caller.create(), "create"),
            "update": (caller.ask(Update(count_to(7))), "count 7"),
            "rename": (caller.rename(), f"rename {caller.label}-renamed"),
            "delete": (caller.ask(Delete()), "delete"),
        }
        operation, effect = made[kind]
        with bridge.client() as client:
            first = Caller(target) if kind == "create" else caller
            assert client.submit(first.create(), wait=True).state is State.SUCCEEDED
            # The next that the server hears of this name is the write.
            proxy.cut_at(caller.label.encode(), how)
            assert client.submit(operation, wait=True).state is State.SUCCEEDED
    record = target.record([Asked(operation.id, caller.label, ())])
    assert Counter(each.what for each in record)[effect] == 1


def count_to(number: int) -> tuple[AttributeDelta]:
    return (AttributeDelta("employeeNumber", DeltaKind.REPLACE, (str(number),)),)


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("moment", [b"INSERT INTO", b"COMMIT"], ids=["in_the_transaction", "at_the_commit"])
def test_fault_17_a_connection_cut_at_an_sql_write_gives_one_effect(
    postgresql_server: PostgreSqlServer, make_bridge: MakeBridge, tmp_path: Path, moment: bytes, how: Cut
) -> None:
    with (
        postgresql_target(postgresql_server, tmp_path) as target,
        TcpProxy(postgresql_server.host, postgresql_server.port) as proxy,
    ):
        caller = Caller(target)
        found = dict(target.connector())
        url = found["settings"]["url"].replace(f":{postgresql_server.port}/", f":{proxy.port}/")
        bridge = make_bridge({CONNECTOR: {**found, "settings": {**found["settings"], "url": url}, **SOON}})
        bridge.start()
        with bridge.client() as client:
            # The first opens connections and makes the table of markers.
            assert client.submit(Caller(target).create(), wait=True).state is State.SUCCEEDED
            operation = caller.create()
            proxy.cut_at(moment, how)
            assert client.submit(operation, wait=True).state is State.SUCCEEDED
        record = target.record([Asked(operation.id, caller.label, ())])
        assert [each.what for each in record] == ["create"]


def test_fault_18_a_target_that_says_nothing_is_given_up_and_starves_nobody(
    openldap_server: OpenLdapServer, target: OpenLdapTarget, make_bridge: MakeBridge, tmp_path: Path
) -> None:
    memory = {"adapter": "memory", "settings": {"file": str(tmp_path / "target.sqlite")}}
    bridge = make_bridge({CONNECTOR: {**target.connector(), **SOON}, "memory": memory})
    bridge.start()
    with bridge.client() as client:
        assert client.submit(Caller(target).create(), wait=True).state is State.SUCCEEDED
        openldap_server.container.pause()
        try:
            stuck = client.submit(Caller(target).create())
            wait_until(lambda: client.get(stuck.id).state in {State.UNCERTAIN, State.CONFIRMING}, "doubt")
            assert client.submit(create("meanwhile"), wait=True, timeout=5).state is State.SUCCEEDED
        finally:
            openldap_server.container.unpause()
        assert client.get(stuck.id, wait=True).state is State.SUCCEEDED


def test_fault_18_answers_that_come_byte_by_byte_are_understood(
    openldap_server: OpenLdapServer, target: OpenLdapTarget, make_bridge: MakeBridge
) -> None:
    with TcpProxy(openldap_server.host, openldap_server.port) as proxy:
        bridge = make_bridge({CONNECTOR: ldap_through(target, proxy, deadline_seconds=30.0)})
        bridge.start()
        with bridge.client() as client:
            assert client.submit(Caller(target).create(), wait=True).state is State.SUCCEEDED
            proxy.slice = 1
            assert client.submit(Caller(target).create(), wait=True).state is State.SUCCEEDED


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_fault_19_a_target_that_is_down_delays_only_its_own_and_is_drained_in_order(
    openldap_server: OpenLdapServer, target: OpenLdapTarget, make_bridge: MakeBridge, tmp_path: Path
) -> None:
    memory = {"adapter": "memory", "settings": {"file": str(tmp_path / "target.sqlite")}}
    bridge = make_bridge({CONNECTOR: {**target.connector(), **SOON}, "memory": memory})
    bridge.start()
    callers = [Caller(target) for _ in range(5_000)]
    out: list[State] = []
    updates = [each.ask(Update(count_to(number))) for number in (1, 2, 3) for each in callers]
    with bridge.client() as client:
        assert client.submit(Caller(target).create(), wait=True).state is State.SUCCEEDED
        openldap_server.container.kill()
        try:
            operations = [*(each.create() for each in callers), *updates]
            draining = threading.Thread(target=_drain, args=(bridge, operations, out))
            draining.start()
            wait_until(lambda: _resident(bridge) and len(list(client.list(states=[State.ACCEPTED]))) > 3_000, "backlog")
            assert client.submit(create("meanwhile"), wait=True, timeout=5).state is State.SUCCEEDED
            before = _resident(bridge)
        finally:
            openldap_server.container.start()
        draining.join(180)
    assert out == [State.SUCCEEDED] * 20_000
    assert _resident(bridge) < before + (150 << 20)
    lanes = [Asked("", each.label, ()) for each in callers]
    seen: dict[str, list[str]] = {}
    for effect in target.record(lanes):
        seen.setdefault(effect.lane, []).append(effect.what)
    assert seen == {each.label: ["create", "count 1", "count 2", "count 3"] for each in callers}


def test_fault_19_steps_of_a_person_while_the_target_is_down_send_nothing_twice(
    openldap_server: OpenLdapServer, target: OpenLdapTarget, make_bridge: MakeBridge
) -> None:
    bridge = make_bridge({CONNECTOR: {**target.connector(), **SOON}})
    bridge.start()
    caller = Caller(target)
    first, second, third = (caller.ask(Update(count_to(number))) for number in (1, 2, 3))
    with bridge.client() as client:
        assert client.submit(caller.create(), wait=True).state is State.SUCCEEDED
        openldap_server.container.kill()
        try:
            for each in (first, second, third):
                client.submit(each)
            wait_until(lambda: client.get(first.id).state is State.WAITING, "failed attempt")
            assert wait_until(lambda: _cancelled(client, first), "cancellation")
            for _ in range(5):
                wait_until(lambda: client.get(second.id).state is State.WAITING, "failed attempt")
                _retry(client, second)
        finally:
            openldap_server.container.start()
        assert client.get(third.id, wait=True).state is State.SUCCEEDED
        assert client.get(second.id).state is State.SUCCEEDED
    record = target.record([Asked("", caller.label, ())])
    assert [each.what for each in record] == ["create", "count 2", "count 3"]


def _cancelled(client: BridgeClient, operation: Operation) -> bool:
    try:
        return client.cancel(operation.id).state is State.CANCELLED
    except StepRefusedError:  # it is being tried at this moment
        return client.get(operation.id).state is State.CANCELLED


def _retry(client: BridgeClient, operation: Operation) -> None:
    with suppress(StepRefusedError):  # it is being tried at this moment
        client.retry(operation.id)


def _drain(bridge: BridgeProcess, operations: list[Operation], out: list[State]) -> None:
    with bridge.client() as client:
        out.extend(each.status.state for each in client.stream(operations, patience=120) if isinstance(each, Settled))


def _resident(bridge: BridgeProcess) -> int:
    """Bytes of memory that the process holds."""
    return int(Path(f"/proc/{bridge.pid}/statm").read_text().split()[1]) * 4096


def test_fault_20_a_name_that_does_not_resolve_is_a_target_that_is_not_reached(
    openldap_server: OpenLdapServer, target: OpenLdapTarget, make_bridge: MakeBridge
) -> None:
    settings = dict(target.connector()["settings"]) | {"urls": ["ldaps://no-such-host.invalid:636"]}
    bridge = make_bridge({CONNECTOR: {**target.connector(), "settings": settings}})
    bridge.start()
    with bridge.client() as client:
        assert not client.test(CONNECTOR).ok
        with pytest.raises(UnavailableError, match="no connection"):
            client.submit(Caller(target).create())


@contextmanager
def impostor(context: ssl.SSLContext) -> Iterator[tuple[int, list[bytes]]]:
    """A TLS server with a certificate of our choice; gives its port and all that was said to it after a handshake."""
    listener = socket.create_server(("127.0.0.1", 0))
    said: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    said.append(connection.recv(1000))
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], said
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("fault", ["expired", "other_host", "unknown_authority"])
def test_fault_21_a_certificate_that_does_not_prove_the_server_is_refused(
    target: OpenLdapTarget, make_bridge: MakeBridge, tmp_path: Path, fault: str
) -> None:
    trusted, stranger = certificates.Authority(tmp_path), certificates.Authority(tmp_path, "stranger")
    host = [x509.DNSName("other.test" if fault == "other_host" else "localhost")]
    until = datetime.now(UTC) - timedelta(hours=1) if fault == "expired" else None
    pair = (stranger if fault == "unknown_authority" else trusted).issue("server", names=host, until=until)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with impostor(context) as (port, said):
        tls = {"urls": [f"ldaps://localhost:{port}"], "tls": {"ca_file": str(trusted.path)}}
        bridge = make_bridge({CONNECTOR: {**target.connector(), "settings": {**target.connector()["settings"], **tls}}})
        bridge.start()
        with bridge.client() as client:
            report = client.test(CONNECTOR)
            assert not report.ok
            assert "certificate" in report.checks[-1]
            with pytest.raises(UnavailableError, match="certificate"):
                client.submit(Caller(target).create())
    assert not any(said), "nothing is said to a server that has not proved itself"
