"""Fault 55: a server answers what no server should. The connection ends, within bounds, and a write stays in doubt."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ber, conditions, encoding
from adapters.ldap.binding import SASL_BIND_IN_PROGRESS
from adapters.ldap.decoding import MAX_MESSAGE
from adapters.ldap.encoding import Scope
from adapters.ldap.guarded import LONGEST_ANSWER
from adapters.ldap.pipeline import MAX_EXCHANGE
from bridge.sdk import BridgeError, ConnectionBrokenError, ConnectionFailedError
from tests.integration.ldap.test_phases import READ, SHORT, WRITE, client
from tests.support import ldap_messages
from tests.support.ldap_messages import entry, message, reference, result
from tests.support.tcp_server import serving

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[int], bytes]

IN_BUFFERS = 16 * 1024 * 1024
"""More than the kernel keeps for both ends of a connection."""


def nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = ber.sequence(content)
    return content


@pytest.mark.parametrize(
    "say",
    [
        lambda _: b"\x30\x84\x7f\xff\xff\xff",
        lambda _: b"\x30\x88" + b"\xff" * 8,
        lambda _: b"\x30\x80\x00\x00",
        lambda _: ber.element(ber.SEQUENCE, b"")[:1] + b"\x84" + (MAX_MESSAGE + 1).to_bytes(4, "big"),
        lambda _: nested(20_000),
        lambda number: message(number, ber.element(0x64, ber.octets(b"cn=x") + nested(20_000))),
        lambda number: message(number, b"\x64\x84\x7f\xff\xff\xff"),
        lambda number: result(number + 1_000, ldap_messages.DELETE),
        lambda number: result(-number, ldap_messages.DELETE),
        lambda number: message(number, ber.element(0x79, b"")),
        lambda number: entry(number, attributes=10_001),
        lambda number: message(number, ber.element(ldap_messages.DELETE, b"\x0a\x01")),
        lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
        lambda _: result(0, ldap_messages.EXTENDED, 52),
    ],
    ids=[
        "giant length", "length of eight bytes", "indefinite length", "a byte too long", "nothing but nesting",
        "nested entry", "length beyond its message", "other id", "negative id", "unknown kind", "attributes",
        "cut short", "http", "notice of disconnection",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before_bind", [True, False], ids=["before bind", "after bind"])
def test_an_answer_that_is_none_ends_the_connection(say: Say, before_bind: bool):  # noqa: FBT001 - a parameter of the test
    def babbling(peer: socket.socket) -> None:
        arriving = ldap_messages.requests(peer) if before_bind else ldap_messages.bound(peer)
        number, _ = next(arriving)
        peer.sendall(say(number))
        # It leaves it to us to hang up.
        with suppress(StopIteration):
            next(arriving)

    with serving(babbling) as port, closing(client(f"ldap://127.0.0.1:{port}", protection="none")) as ours:
        if before_bind:
            with pytest.raises(ConnectionFailedError, match="bind"):
                ours.connect()
            return
        ours.connect()
        write, read = ours.exchange([WRITE, READ])
        assert ours.url == ""
    assert isinstance(write, ConnectionBrokenError)
    assert isinstance(read, ConnectionFailedError)


@pytest.mark.parametrize(
    ("say", "most"),
    [
        (lambda number: entry(number + 1_000), 0),
        (entry, 0),
        (reference, 0),
        (lambda number: entry(number, size=MAX_MESSAGE - 1_000), 2 * MAX_MESSAGE),
        (lambda _: b"\x30\x83\xff\xff\xff" + b"x" * 65_536, MAX_MESSAGE),
    ],
    ids=["entries of another search", "entries", "references", "long entries", "one message"],
)
def test_an_answer_without_end_is_cut_off(say: Say, most: int):
    sent = 0

    def endless(peer: socket.socket) -> None:
        nonlocal sent
        arriving = ldap_messages.bound(peer)
        number, _ = next(arriving)
        answer = say(number)
        while True:
            peer.sendall(answer)
            sent += len(answer)

    with serving(endless) as port, closing(client(f"ldap://127.0.0.1:{port}", protection="none")) as ours:
        ours.connect()
        [read] = ours.exchange([READ])
        assert ours.url == ""
    assert isinstance(read, ConnectionFailedError)
    assert sent <= most + IN_BUFFERS


def test_all_answers_together_are_bounded():
    sent = 0
    asked = encoding.search("cn=x", Scope.SUBTREE, conditions.present("objectClass"), ("*",), limit=1_000)

    def generous(peer: socket.socket) -> None:
        nonlocal sent
        number, _ = next(ldap_messages.bound(peer))
        answer = entry(number, size=MAX_MESSAGE - 1_000)
        while True:
            peer.sendall(answer)
            sent += len(answer)

    with (
        serving(generous) as port,
        closing(client(f"ldap://127.0.0.1:{port}", protection="none")) as ours,
    ):
        ours.connect()
        [read] = ours.exchange([asked])
    assert isinstance(read, ConnectionFailedError)
    assert "page_size" in read.message
    assert sent <= MAX_EXCHANGE + IN_BUFFERS + MAX_MESSAGE


@pytest.mark.parametrize(
    "say",
    [
        entry,
        reference,
        lambda number: message(number, ber.element(0x79, b"")),
        lambda _: b"\x30\x83" + (LONGEST_ANSWER + 1).to_bytes(3, "big") + b"x" * 65_536,
    ],
    ids=["entries", "references", "intermediate answers", "one message"],
)
def test_an_answer_without_end_to_the_bind_is_cut_off(say: Say):
    sent = 0

    def endless(peer: socket.socket) -> None:
        nonlocal sent
        number, _ = next(ldap_messages.requests(peer))
        answer = say(number)
        while True:
            peer.sendall(answer)
            sent += len(answer)

    with serving(endless) as port, pytest.raises(ConnectionFailedError, match="bind"):
        client(f"ldap://127.0.0.1:{port}", protection="none").connect()
    assert sent <= IN_BUFFERS


def test_an_answer_that_drips_is_waited_for_as_long_as_the_phase_has():
    def dripping(peer: socket.socket) -> None:
        number, _ = next(ldap_messages.requests(peer))
        peer.settimeout(SHORT / 4)
        for byte in result(number, ldap_messages.BIND):
            peer.sendall(bytes((byte,)))
            with suppress(TimeoutError):
                peer.recv(1)

    with serving(dripping) as port, pytest.raises(ConnectionFailedError, match=r"timed out \(bind\)"):
        client(f"ldap://127.0.0.1:{port}", protection="none", connect_timeout_seconds=SHORT).connect()


def test_a_simple_bind_that_the_server_does_not_end_is_none():
    def going_on(peer: socket.socket) -> None:
        for number, _ in ldap_messages.requests(peer):
            peer.sendall(result(number, ldap_messages.BIND, SASL_BIND_IN_PROGRESS))

    with serving(going_on) as port, pytest.raises(BridgeError, match="LDAP result 14"):
        client(f"ldap://127.0.0.1:{port}", protection="none").connect()


def test_an_answer_before_its_question_ends_the_connection():
    def hasty(peer: socket.socket) -> None:
        arriving = ldap_messages.requests(peer)
        number, _ = next(arriving)
        peer.sendall(result(number, ldap_messages.BIND) + result(number + 1, ldap_messages.DELETE))
        with suppress(StopIteration):
            next(arriving)

    with serving(hasty) as port, pytest.raises(ConnectionFailedError, match="bind"):
        client(f"ldap://127.0.0.1:{port}", protection="none").connect()


def test_no_message_id_is_given_twice_on_a_connection():
    numbers: list[int] = []

    def answering(peer: socket.socket) -> None:
        arriving = ldap_messages.requests(peer)
        number, _ = next(arriving)
        numbers.append(number)
        peer.sendall(result(number, ldap_messages.BIND))
        for number, _ in arriving:
            numbers.append(number)
            peer.sendall(result(number, ldap_messages.DELETE))

    with serving(answering) as port, closing(client(f"ldap://127.0.0.1:{port}", protection="none")) as ours:
        ours.connect()
        ours.exchange([WRITE] * 3)
    assert len(numbers) == len(set(numbers)) >= 4, "the bind, three writes, and the unbind if it was still read"


def test_words_in_clear_after_the_answer_to_starttls_do_not_count():
    """They would seem to have come through TLS (as CVE-2011-0411 elsewhere)."""

    def injecting(peer: socket.socket) -> None:
        arriving = ldap_messages.requests(peer)
        number, _ = next(arriving)
        peer.sendall(result(number, ldap_messages.EXTENDED) + result(number + 1, ldap_messages.BIND))
        with suppress(StopIteration):
            next(arriving)

    with serving(injecting) as port, pytest.raises(ConnectionFailedError, match="more than it was asked"):
        client(f"ldap://127.0.0.1:{port}").connect()
