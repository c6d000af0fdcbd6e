"""ldap3 over a socket that we connected. What a peer that has not proved itself can make it hear is bounded here.

By itself ldap3 reads whatever length is announced, as many messages as come, for ever. Used by `connecting` for
StartTLS and by `binding`; after the bind `pipeline` has the socket to itself.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Final

import ldap3
from ldap3.core.exceptions import LDAPException
from typing_extensions import override

from adapters.ldap import tls
from adapters.ldap.ber import MalformedError
from adapters.ldap.decoding import frame_end
from adapters.ldap.errors import SUCCESS
from adapters.ldap.pipeline import LostError

LONGEST_ANSWER: Final = 64 * 1024
"""Bytes. Answers to StartTLS and to a bind have a few hundred."""


class GuardedSocket:
    """What ldap3 takes for its socket. For each request it hears one message: whole, short and in time.

    Nothing is read beyond that message. There is no `close`: the socket stays ours.
    """

    def __init__(self, connected: socket.socket) -> None:
        self.connected = connected
        self._deadline = 0.0
        self._asked = False

    def begin(self, seconds: float) -> None:
        """A phase, which has that time as a whole."""
        self._deadline = time.monotonic() + seconds

    def sendall(self, data: bytes) -> None:
        self.connected.settimeout(self._left())
        self.connected.sendall(data)
        self._asked = True

    def recv(self, _most: int) -> bytes:
        if not self._asked:
            raise LostError("the server said something else than the answer")
        self._asked = False
        message = bytearray()
        while missing := _missing(message):
            self.connected.settimeout(self._left())
            part = self.connected.recv(missing)
            if not part:
                raise LostError("the server closed the connection")
            message += part
        return bytes(message)

    def secure(self, trusted: ssl.SSLContext, name: str) -> None:
        """TLS from here on. LostError if the server spoke first: words in clear would seem to have come through TLS."""
        self.connected.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            self.connected.recv(1, socket.MSG_PEEK)
            raise LostError("the server said more than it was asked, or closed the connection")
        self.connected = tls.wrap(self.connected, trusted, name, self._left())

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _missing(message: bytearray) -> int:
    """How many more bytes surely belong to the message."""
    end = frame_end(message, 0)
    if end is None:
        return 1
    if end > LONGEST_ANSWER:
        raise MalformedError(f"an answer of {end} bytes is more than the {LONGEST_ANSWER} allowed before the bind")
    return end - len(message)


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """Has ldap3 secure its connection by `tls`: by itself it verifies nothing unless told, and names by rules of its
    own."""

    def __init__(self, trusted: ssl.SSLContext, name: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._trusted = trusted
        self._name = name

    @override
    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:
        connection.socket.secure(self._trusted, self._name)


def start_tls(guarded: GuardedSocket, trusted: ssl.SSLContext, name: str) -> int:
    """The code of the server's answer; TLS stands if that is success."""
    connection = connection_over(guarded, _Tls(trusted, name))
    code: int = ask(connection, lambda: connection.start_tls(read_server_info=False))["result"]
    return code


def connection_over(guarded: GuardedSocket, secured_by: _Tls | None = None, **credentials: Any) -> ldap3.Connection:
    # ldap3 needs no address: it neither resolves nor connects.
    server = ldap3.Server("", get_info=ldap3.NONE, tls=secured_by, allowed_referral_hosts=[])
    connection = ldap3.Connection(server, auto_bind=ldap3.AUTO_BIND_NONE, auto_referrals=False, **credentials)
    connection.socket = guarded
    connection.closed = False
    connection.listening = True
    connection.strategy._outstanding = {}  # noqa: SLF001 - what `open` would set; it takes no socket that is connected
    return connection


def ask(connection: ldap3.Connection, request: Callable[[], object]) -> dict[str, Any]:
    """What the server answers to a request by ldap3, refusal or not: `result`, `message`, `saslCreds`.

    OSError, LostError or MalformedError if it does not.
    """
    connection.result = None
    try:
        request()
    except Exception as error:
        # What goes wrong with the socket ldap3 hides behind an exception of its own.
        cause = error.__context__ if isinstance(error, LDAPException) else error
        if isinstance(cause, OSError | LostError | MalformedError):
            raise cause from None
        if connection.result is None or connection.result["result"] == SUCCESS:
            # Its decoder is made for servers that mean well, and ends on others in any way.
            raise LostError(f"the answer cannot be read ({type(error).__name__}: {error})") from error
    answer: dict[str, Any] = connection.result
    return answer
