"""A search that the server cuts short is an error, never a short result."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ber
from adapters.ldap.decoding import SEARCH_DONE, frame_end
from bridge.sdk import (
    Applied,
    BridgeError,
    ConnectionFailedError,
    Query,
    Secret,
    SetPassword,
    ThrottledError,
    UnsupportedError,
    filters,
)
from bridge.sdk.testing.contract import Harness, ObjectSample
from tests.support import ldap
from tests.support.tcp_proxy import TcpProxy
from tests.support.tcp_server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.sdk import TargetObject
    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import OpenLdapServer

Filter = filters.Filter
USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)
MANY = 30
TIME_LIMIT, SIZE_LIMIT, ADMIN_LIMIT, UNWILLING = 3, 4, 11, 53


class Relay:
    """Hands on what a server says in clear, but for the result of one search, which it makes another."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.code = 0
        """The result in the place of the next one; 0 changes nothing."""

    def __call__(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            back = threading.Thread(target=self._back, args=(server, client))
            back.start()
            with suppress(OSError):
                while data := client.recv(65536):
                    server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        buffer = bytearray()
        with suppress(OSError):
            while data := server.recv(65536):
                buffer += data
                while (end := frame_end(buffer, 0)) is not None and end <= len(buffer):
                    client.sendall(self._changed(bytes(buffer[:end])))
                    del buffer[:end]

    def _changed(self, message: bytes) -> bytes:
        body = ber.Reader(message).inner(ber.SEQUENCE)
        number = body.number()
        if body.peek() != SEARCH_DONE or not self.code:
            return message
        code, self.code = self.code, 0
        # The entries before it have been handed on.
        result = ber.integer(code, ber.ENUMERATED) + ber.octets(b"") + ber.octets(b"limit exceeded")
        return ber.sequence(ber.integer(number), ber.element(SEARCH_DONE, result))


@pytest.fixture
def mine(openldap_server: OpenLdapServer, opened: Opened) -> Iterator[Filter]:
    """A filter of so many users that are there."""
    with opened(ldap.connector(openldap_server)) as harness:
        mark = harness.label()
        outcomes = harness.export([harness.creation(USER, harness.label(), {"title": (mark,)}) for _ in range(MANY)])
        assert {type(each) for each in outcomes.values()} == {Applied}
        yield filters.Compare("title", filters.Comparison.EQUAL, mark)


def pages(harness: Harness, condition: Filter, size: int) -> Iterator[Sequence[TargetObject]]:
    found: Iterator[Sequence[TargetObject]] = harness.adapter.search(Query(ldap.USER, condition, size))  # type: ignore[attr-defined]  # it searches
    return found


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (TIME_LIMIT, ThrottledError),
        (SIZE_LIMIT, UnsupportedError),
        (ADMIN_LIMIT, UnsupportedError),
        (UNWILLING, UnsupportedError),
    ],
)
@pytest.mark.parametrize("before", [0, 1, 2], ids=["first page", "second page", "last page"])
def test_44_a_limit_in_the_middle_of_an_import(
    openldap_server: OpenLdapServer,
    opened: Opened,
    mine: Filter,
    code: int,
    error: type[BridgeError],
    before: int,
):
    relay = Relay(openldap_server.port)
    with (
        serving(relay) as port,
        opened(ldap.connector(openldap_server, urls=[f"ldap://127.0.0.1:{port}"], protection="none")) as harness,
    ):
        found = pages(harness, mine, MANY // 3)
        for _ in range(before):
            assert len(next(found)) == MANY // 3
        relay.code = code
        with pytest.raises(error):
            next(found)
        assert sum(len(page) for page in pages(harness, mine, MANY // 3)) == MANY


def test_44_a_connection_lost_between_two_pages(openldap_server: OpenLdapServer, opened: Opened, mine: Filter):
    """The cookie belongs to the connection: another one might take it for something else."""
    with (
        TcpProxy("127.0.0.1", openldap_server.tls_port) as proxy,
        opened(ldap.connector(openldap_server, urls=[f"ldaps://localhost:{proxy.port}"])) as harness,
    ):
        found = pages(harness, mine, MANY // 3)
        assert len(next(found)) == MANY // 3
        proxy.drop()
        with pytest.raises(ConnectionFailedError, match="anew"):
            next(found)
        began = pages(harness, mine, MANY // 3)
        next(began)
        proxy.drop()
        # A read makes the connection anew; the search that began on the old one does not go on over it.
        assert harness.adapter.schema()
        with pytest.raises(ConnectionFailedError, match="anew"):
            next(began)


def test_44_a_page_larger_than_the_account_may_have(openldap_server: OpenLdapServer, opened: Opened, mine: Filter):
    """An account without limits of its own may have 20 objects a page, 50 without pages."""
    with opened(ldap.connector(openldap_server)) as harness:
        ref = harness.create(USER, harness.label())
        assert isinstance(harness.send(ref, SetPassword(Secret(ldap.ACCOUNT_PASSWORD))), Applied)
        bind = {"method": "simple", "dn": str(ref.name), "password": "file:/account"}
        with opened(ldap.connector(openldap_server, bind=bind)) as small:
            with pytest.raises(UnsupportedError, match="page_size"):
                next(pages(small, mine, MANY))
            assert sum(len(page) for page in pages(small, mine, 20)) == MANY
