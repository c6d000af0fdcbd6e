"""A write whose connection is lost: the object is read back, and the write sent again only where it did not arrive.

The results that a second sending would bring (68, 20, 16, 32) mean nothing by themselves: each operation ends as done,
and the server wrote down one effect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from adapters.ldap import ADAPTER
from adapters.ldap.ber import element, octets
from bridge.model import (
    AttributeDelta,
    ConnectorName,
    Create,
    Delete,
    DeltaKind,
    ObjectRef,
    Operation,
    Rename,
    Secret,
    State,
    Update,
    new_operation_id,
)
from bridge.sdk import Applied, Unchanged
from bridge.sdk.testing.contract import Harness
from bridge.sdk.testing.contract.harness import by_anchor, rejected, succeeded
from tests.support import ldap
from tests.support.running import ME, Running, connector_settings, running
from tests.support.tcp_proxy import Cut, TcpProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from bridge.model import Body
    from tests.support.containers import OpenLdapServer

STAFF = ConnectorName("staff")


@pytest.fixture
def proxy(openldap_server: OpenLdapServer) -> Iterator[TcpProxy]:
    with TcpProxy("127.0.0.1", openldap_server.port) as proxy:
        yield proxy


def bridge_through(proxy: TcpProxy, directory: Path) -> AbstractAsyncContextManager[Running]:
    """In clear, so that the proxy can tell the write from the look before it."""
    settings: dict[str, Any] = {
        "urls": [f"ldap://127.0.0.1:{proxy.port}"],
        "protection": "none",
        "bind": {"method": "simple", "dn": ldap.ACCOUNT, "password": "file:/account"},
        "base": "dc=lab,dc=test",
        "object_types": ldap.OBJECT_TYPES,
    }
    options = {"retry_first_seconds": 0.01, "canary_seconds": 0.05, "settle_seconds": 0.0}
    connectors = {STAFF: (ADAPTER, connector_settings(ADAPTER, settings, **options))}
    return running(directory, connectors, resolve_secret=lambda reference: Secret(ldap.SECRETS[reference]))


def operation(ref: ObjectRef, body: Body) -> Operation:
    return Operation(new_operation_id(), ME, STAFF, ref, body)


def delta(attribute: str, kind: DeltaKind, value: str) -> Update:
    return Update((AttributeDelta(attribute, kind, (value,)),))


def written(server: OpenLdapServer, name: str) -> list[str]:
    """What the server wrote down of the entry, in order."""
    directory = ldap3.Server(server.host, server.port, get_info=ldap3.NONE)
    condition = f"(reqDN={ldap3.utils.conv.escape_filter_chars(name)})"
    with ldap3.Connection(directory, server.admin_dn, server.admin_password, check_names=False) as connection:
        connection.search("cn=accesslog", condition, attributes=["reqType", "reqStart"])
        found = [each["raw_attributes"] for each in connection.response if each["type"] == "searchResEntry"]
    return [each["reqType"][0].decode() for each in sorted(found, key=lambda each: each["reqStart"][0])]


@dataclass(frozen=True)
class Write:
    """What is there before, the write, what the server calls it, and bytes that stand in its request alone."""

    before: tuple[Body, ...]
    make: Callable[[str], Body]
    kind: str
    mark: Callable[[str], bytes]


def add_titles(*titles: str) -> tuple[Body, ...]:
    return tuple(delta("title", DeltaKind.ADD, each) for each in titles)


def mark_of_title(label: str) -> bytes:
    return f"t{label}".encode()


def mark_of_delete(label: str) -> bytes:
    """The request of a delete is the name and nothing else, unlike the look before it."""
    return element(0x4A, ldap.user(label).encode())


WRITES = {
    "create": Write((), lambda label: Create({**ldap.posix(label), "title": (f"t{label}",)}), "add", mark_of_title),
    "replace": Write(
        add_titles("before"), lambda label: delta("title", DeltaKind.REPLACE, f"t{label}"), "modify", mark_of_title
    ),
    "add a value": Write((), lambda label: delta("title", DeltaKind.ADD, f"t{label}"), "modify", mark_of_title),
    "remove a value": Write(
        add_titles("one", "other"),
        lambda _: delta("title", DeltaKind.REMOVE, "other"),
        "modify",
        lambda _: octets(b"other"),
    ),
    "rename": Write((), lambda label: Rename(ldap.user(f"n{label}")), "modrdn", lambda label: f"uid=n{label}".encode()),
    "delete": Write((), lambda _: Delete(), "delete", mark_of_delete),
}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("cut", Cut)
async def test_40_a_write_in_doubt_has_one_effect(
    openldap_server: OpenLdapServer, proxy: TcpProxy, tmp_path: Path, what: str, cut: Cut
):
    write, label = WRITES[what], new_operation_id().replace("-", "")
    ref = ObjectRef(ldap.USER, name=ldap.user(label))
    create = () if what == "create" else (Create(ldap.posix(label)),)
    async with bridge_through(proxy, tmp_path) as bridge:
        for prepared in (*create, *write.before):
            [told] = await bridge.settle(operation(ref, prepared))
            assert told.state is State.SUCCEEDED, told.failure
        so_far = written(openldap_server, str(ref.name))
        proxy.cut_at(write.mark(label), cut)
        [told] = await bridge.settle(operation(ref, write.make(label)))
        assert proxy.has_cut, "the write did not pass"
        assert told.state is State.SUCCEEDED, told.failure
        # A rename is sent again in any case: groups may still hold the old name.
        assert told.attempts == (1 if cut is Cut.AFTER and what != "rename" else 2)
        assert written(openldap_server, str(ref.name)) == [*so_far, write.kind]
        if what != "delete":
            await bridge.settle(operation(told.target, Delete()))


@pytest.mark.parametrize("what", WRITES)
def test_40_a_write_that_arrived_after_it_was_looked_for(harness: Harness, what: str):
    """The second sending meets what the first has done: it changes nothing more, and does not pass for a failure that
    is the object's own."""
    write, label = WRITES[what], harness.label()
    ref = ObjectRef(ldap.USER, name=ldap.user(label))
    create = () if what == "create" else (Create(ldap.posix(label)),)
    for prepared in (*create, *write.before):
        assert succeeded(harness.send(ref, prepared))
    observed = harness.find(ref)
    target = ref if observed is None else observed.ref
    attempt = harness.attempt(target, write.make(label))
    assert isinstance(harness.again(attempt), Applied)
    after = harness.find(by_anchor(target)) if target.anchor else harness.read(ref)
    outcome = harness.again(replace(attempt, number=2, conditional=True, observed=observed))
    assert rejected(outcome, "precondition", "already_exists") or isinstance(outcome, Unchanged), outcome
    assert (harness.find(by_anchor(target)) if target.anchor else harness.read(ref)) == after
