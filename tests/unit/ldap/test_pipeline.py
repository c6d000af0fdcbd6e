"""What is known of each request when a connection ends early, and that two full buffers never wait for each other."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ber, conditions, encoding
from adapters.ldap.decoding import Response, frame_end
from adapters.ldap.encoding import Request, Scope
from adapters.ldap.pipeline import LostError, Pipeline
from bridge.sdk import BridgeError, ConnectionBrokenError, ConnectionFailedError, OperationTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Server = Callable[[socket.socket], None]

WRITE = encoding.delete("cn=x")
READ = encoding.search("cn=x", Scope.BASE, conditions.present("objectClass"), ("*",), limit=1)


@contextmanager
def served(server: Server, timeout: float = 5.0) -> Iterator[Pipeline]:
    """A pipeline to a server that behaves as the function does."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=server, args=(theirs,))
    thread.start()
    pipeline = Pipeline(ours, itertools.count(1).__next__, timeout)
    try:
        yield pipeline
    finally:
        pipeline.close()
        thread.join()
        theirs.close()


def messages(peer: socket.socket) -> Iterator[int]:
    """The ids of the messages that arrive."""
    buffer = bytearray()
    while data := peer.recv(65536):
        buffer += data
        while (end := frame_end(buffer, 0)) is not None and end <= len(buffer):
            yield ber.Reader(bytes(buffer[:end])).inner(ber.SEQUENCE).number()
            del buffer[:end]


def answer(message_id: int, code: int = 0, tag: int = 0x6B, diagnostic: bytes = b"") -> bytes:
    result = ber.integer(code, ber.ENUMERATED) + ber.octets(b"") + ber.octets(diagnostic)
    return ber.sequence(ber.integer(message_id), ber.element(tag, result))


def kinds(answers: list[Response | BridgeError]) -> list[type]:
    return [type(each) for each in answers]


def test_answers_out_of_order_reach_their_requests():
    def backwards(peer: socket.socket) -> None:
        ids = list(itertools.islice(messages(peer), 3))
        peer.sendall(b"".join(answer(each, code=each) for each in reversed(ids)))

    with served(backwards) as pipeline:
        answers = pipeline.exchange([WRITE, WRITE, WRITE])
    assert [each.code for each in answers if isinstance(each, Response)] == [1, 2, 3]


def test_a_server_that_answers_more_than_the_buffers_hold_is_no_deadlock():
    def talkative(peer: socket.socket) -> None:
        for message_id in itertools.islice(messages(peer), 600):
            peer.sendall(answer(message_id, diagnostic=b"x" * 20_000))

    big = encoding.modify("cn=x", [(encoding.Change.REPLACE, "audio", [b"x" * 20_000])])
    with served(talkative) as pipeline:
        answers = pipeline.exchange([big] * 600)
    assert kinds(answers) == [Response] * 600


def test_an_answer_in_single_bytes_is_read():
    def slicing(peer: socket.socket) -> None:
        [message_id] = itertools.islice(messages(peer), 1)
        for byte in answer(message_id):
            peer.sendall(bytes((byte,)))

    with served(slicing) as pipeline:
        assert kinds(pipeline.exchange([WRITE])) == [Response]


def test_a_write_whose_answer_is_lost_is_in_doubt_and_a_read_is_not():
    def one_answer(peer: socket.socket) -> None:
        ids = list(itertools.islice(messages(peer), 3))
        peer.sendall(answer(ids[0]))
        peer.shutdown(socket.SHUT_RDWR)

    with served(one_answer) as pipeline:
        answers = pipeline.exchange([WRITE, WRITE, READ])
        assert pipeline.lost
    assert kinds(answers) == [Response, ConnectionBrokenError, ConnectionFailedError]


def test_what_was_never_offered_to_the_socket_is_not_in_doubt():
    def hangs_up_after_first(peer: socket.socket) -> None:
        next(messages(peer))
        peer.shutdown(socket.SHUT_RDWR)

    with served(hangs_up_after_first) as pipeline:
        answers = pipeline.exchange([WRITE] * 1000)
    # The window is 256: the others were not even encoded.
    assert set(kinds(answers[:256])) <= {ConnectionBrokenError, ConnectionFailedError}
    assert isinstance(answers[0], ConnectionBrokenError)
    assert set(kinds(answers[256:])) == {ConnectionFailedError}


def test_silence_is_a_timeout():
    done = threading.Event()

    def silent(peer: socket.socket) -> None:
        next(messages(peer))
        done.wait()

    with served(silent, timeout=0.1) as pipeline:
        answers = pipeline.exchange([WRITE, READ])
        done.set()
    assert kinds(answers) == [OperationTimeoutError, ConnectionFailedError]


def test_a_server_that_drips_bytes_is_not_waited_for():
    done = threading.Event()

    def dripping(peer: socket.socket) -> None:
        [message_id] = itertools.islice(messages(peer), 1)
        message = answer(message_id, diagnostic=b"x" * 60_000)
        with contextlib.suppress(OSError):
            for byte in message:
                peer.sendall(bytes((byte,)))
                if done.wait(0.002):
                    break

    with served(dripping, timeout=0.1) as pipeline:
        answers = pipeline.exchange([WRITE])
        done.set()
    assert kinds(answers) == [OperationTimeoutError]


@pytest.mark.parametrize(
    "garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x84\x7f\xff\xff\xff", answer(4711), answer(1, tag=0x30)]
)
def test_a_server_that_speaks_something_else_leaves_the_write_in_doubt(garbage: bytes):
    def babbling(peer: socket.socket) -> None:
        next(messages(peer))
        peer.sendall(garbage)

    with served(babbling) as pipeline:
        answers = pipeline.exchange([WRITE])
        assert pipeline.lost
    assert kinds(answers) == [ConnectionBrokenError]


def test_a_connection_that_the_server_closed_while_idle_is_noticed():
    closed = threading.Event()

    def closing(peer: socket.socket) -> None:
        peer.shutdown(socket.SHUT_RDWR)
        closed.set()

    with served(closing) as pipeline:
        closed.wait()
        with pytest.raises(LostError):
            pipeline.check()


def test_an_error_tells_nothing_of_the_request():
    def closing(peer: socket.socket) -> None:
        next(messages(peer))
        peer.shutdown(socket.SHUT_RDWR)

    secret: Request = encoding.passwd_modify("cn=x", None, b"hunter2")
    with served(closing) as pipeline:
        [error] = pipeline.exchange([secret])
    assert "hunter2" not in repr(error)
