"""Opens one connection to one server: resolve and connect, TLS, bind. Each of the three phases has its own time.

Called by `client`, which then exchanges requests over what comes out. Nothing is sent here that could change an
entry, so whatever fails, no write is in doubt. ldap3 does StartTLS and the bind, over a socket that `guarded` bounds:
the server has not proved itself yet.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import ldap3

from adapters.ldap import binding, guarded, tls
from adapters.ldap.ber import MalformedError
from adapters.ldap.config import LdapConfig, Protection
from adapters.ldap.errors import SUCCESS
from adapters.ldap.guarded import GuardedSocket
from adapters.ldap.pipeline import LostError, Pipeline
from adapters.ldap.sealing import SealedSocket
from bridge.sdk import ConnectionFailedError, Secret

IDLE, BETWEEN, PROBES = 30, 10, 3
"""Seconds of silence until the kernel asks whether the peer is there, seconds between questions, and how many."""

_PORTS: Final = {"ldap": 389, "ldaps": 636}

_REASONS: Final = (
    (TimeoutError, "timed out"),
    (ConnectionRefusedError, "refused"),
    ((socket.gaierror, UnicodeError), "the name is not resolved"),
    (ssl.SSLCertVerificationError, "the server's certificate is not trusted"),
)

_Address = tuple[int, int, int, str, Any]


@dataclass(slots=True)
class Session:
    """One bound connection. `protected`: nobody on the way can read what is sent (TLS, a socket of this machine, or a
    Kerberos session that seals)."""

    url: str
    pipeline: Pipeline
    protected: bool


@dataclass(frozen=True, slots=True)
class _Url:
    scheme: str
    host: str
    """Of ldapi:// the path of the socket."""
    port: int

    @property
    def place(self) -> str:
        if self.scheme == "ldapi":
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def open_session(url: str, config: LdapConfig, resolve_secret: Callable[[str], Secret]) -> Session:
    """ConnectionFailedError names place, reason and phase; BadCredentialsError if the server refuses the account."""
    address = _read(url)
    seconds = config.connect_timeout_seconds
    trusted = tls.context(config.tls) if _has_tls(address, config) else None
    name = config.tls.server_name or address.host
    with _phase(address, "connect"):
        channel = GuardedSocket(_connect(address, seconds))
    try:
        if trusted is not None:
            with _phase(address, "TLS"):
                channel.begin(seconds)
                _secure(address, channel, trusted, name)
        with _phase(address, "bind"):
            channel.begin(seconds)
            tie = tls.channel_binding(channel.connected) if isinstance(channel.connected, ssl.SSLSocket) else None
            seal = binding.bind(channel, config.bind, name, tie, resolve_secret)
            going_on = channel.connected if seal is None else SealedSocket(channel.connected, seal)
            # ldap3's own counter: no id is given twice on one connection.
            pipeline = Pipeline(going_on, ldap3.Server.next_message_id, config.operation_timeout_seconds)
            pipeline.check()
    except BaseException:
        channel.connected.close()
        raise
    protected = tie is not None or seal is not None or address.scheme == "ldapi"
    return Session(url, pipeline, protected)


@contextlib.contextmanager
def _phase(url: _Url, name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError, LostError, MalformedError, ConnectionFailedError) as error:
        reason = next((told for kind, told in _REASONS if isinstance(error, kind)), "failed")
        said = f": {error}" if str(error) else ""
        raise ConnectionFailedError(f"{url.place}: no connection: {reason} ({name}){said}") from error


def _has_tls(url: _Url, config: LdapConfig) -> bool:
    return url.scheme == "ldaps" or (url.scheme == "ldap" and config.protection is Protection.REQUIRED)


def _read(url: str) -> _Url:
    parts = urlsplit(url)
    if parts.scheme == "ldapi":
        return _Url(parts.scheme, unquote(parts.netloc), 0)
    return _Url(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])


def _connect(url: _Url, seconds: float) -> socket.socket:
    deadline = time.monotonic() + seconds
    failure: OSError = TimeoutError()
    for family, kind, protocol, _, address in _resolve(url, seconds):
        try:
            made = socket.socket(family, kind, protocol)
        except OSError as error:  # this system has no such family: another address may be of one it has
            failure = error
            continue
        try:
            made.settimeout(max(0.001, deadline - time.monotonic()))
            made.connect(address)
        except OSError as error:
            made.close()
            failure = error
        else:
            _watch(made)
            return made
    raise failure


def _resolve(url: _Url, seconds: float) -> list[_Address]:
    """The resolver knows no timeout, so it is asked in a thread that is left behind if need be."""
    if url.scheme == "ldapi":
        return [(socket.AF_UNIX, socket.SOCK_STREAM, 0, "", url.host)]
    found: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found.put(socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, name=f"resolve-{url.host}", daemon=True).start()
    try:
        answer = found.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _watch(connected: socket.socket) -> None:
    """Let the kernel notice a peer that went away without a word, as behind a firewall that forgets."""
    if connected.family == socket.AF_UNIX:
        return
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    settings = {"TCP_KEEPIDLE": IDLE, "TCP_KEEPINTVL": BETWEEN, "TCP_KEEPCNT": PROBES}
    # What was sent and is not even acknowledged ends the connection as soon as unanswered questions do.
    settings["TCP_USER_TIMEOUT"] = (IDLE + BETWEEN * PROBES) * 1000
    for option, value in settings.items():
        # Not every system has each of them.
        if hasattr(socket, option):
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _secure(url: _Url, channel: GuardedSocket, trusted: ssl.SSLContext, name: str) -> None:
    if url.scheme == "ldaps":
        channel.secure(trusted, name)
        return
    code = guarded.start_tls(channel, trusted, name)
    if code != SUCCESS:
        raise ConnectionFailedError(f"the server refuses StartTLS (LDAP result {code}); use ldaps://")
