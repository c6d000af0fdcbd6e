"""Opens one connection to one server: resolve and connect, TLS, bind. Each of the three phases has its own time.

Called by `client`, which then exchanges requests over what comes out. Nothing is sent here that could change an
entry, so whatever fails, no write is in doubt. What the server says is read by `pipeline` from the first byte on, so
its limits hold before the server has proved itself, too.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from adapters.ldap import binding, encoding, tls
from adapters.ldap.config import LdapConfig, Protection
from adapters.ldap.errors import SUCCESS
from adapters.ldap.pipeline import LostError, Pipeline
from adapters.ldap.sealing import SealedSocket
from bridge.sdk import ConnectionFailedError, Secret

LARGEST_ID: Final = 2**31 - 1
"""RFC 4511 §4.1.1.1."""

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
    ids = _ids()
    with _phase(address, "connect"):
        connected = _connect(address, seconds)
    try:
        with _phase(address, "TLS"):
            if trusted is not None:
                connected = _secured(address, connected, ids, trusted, name, seconds)
        with _phase(address, "bind"):
            channel = tls.channel_binding(connected) if isinstance(connected, ssl.SSLSocket) else None
            pipeline = Pipeline(connected, ids, seconds)
            seal = binding.bind(pipeline, config.bind, name, channel, resolve_secret)
            pipeline.release()
    except BaseException:
        connected.close()
        raise
    going_on = connected if seal is None else SealedSocket(connected, seal)
    protected = channel is not None or seal is not None or address.scheme == "ldapi"
    return Session(url, Pipeline(going_on, ids, config.operation_timeout_seconds), protected)


@contextlib.contextmanager
def _phase(url: _Url, name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError, LostError, ConnectionFailedError) as error:
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


def _ids() -> Callable[[], int]:
    """Message ids, from the start again when all were used: none is waited for so long."""
    return itertools.chain.from_iterable(itertools.repeat(range(1, LARGEST_ID))).__next__


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


def _secured(
    url: _Url, connected: socket.socket, ids: Callable[[], int], trusted: ssl.SSLContext, name: str, seconds: float
) -> socket.socket:
    if url.scheme == "ldap":
        _start_tls(connected, ids, seconds)
    return tls.wrap(connected, trusted, name, seconds)


def _start_tls(connected: socket.socket, ids: Callable[[], int], seconds: float) -> None:
    pipeline = Pipeline(connected, ids, seconds)
    answer = pipeline.ask(encoding.start_tls())
    if answer.code != SUCCESS:
        raise ConnectionFailedError(f"the server refuses StartTLS (LDAP result {answer.code}); use ldaps://")
    # Somebody in between could have added words in clear that would seem to have come through TLS.
    pipeline.release()
