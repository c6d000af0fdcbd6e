"""Connects, secures and binds by ldap3, then exchanges requests over that socket. Called by `adapter`.

ldap3 is used for what happens once; everything after the bind goes through `pipeline`. Message ids come from ldap3's
own counter, so the two never give one twice.
"""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

import ldap3
from typing_extensions import override

from adapters.ldap.config import ExternalBind, LdapConfig, Protection, SimpleBind
from adapters.ldap.encoding import Request, Secrecy
from adapters.ldap.errors import CONNECTING, bind_error
from adapters.ldap.pipeline import Answer, LostError, Pipeline
from adapters.ldap.server_kind import OPENLDAP
from bridge.sdk import (
    AdapterContext,
    BridgeError,
    ConfigurationError,
    ConnectionFailedError,
    InvalidValueError,
    UnsupportedError,
    translating,
)

_PORTS: Final = {"ldap": 389, "ldaps": 636}


class VerifiedTls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """ldap3's TLS with OpenSSL's own verification of chain and name; ldap3 verifies nothing unless told."""

    def __init__(self, context: ssl.SSLContext, server_name: str | None) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED, version=ssl.PROTOCOL_TLS_CLIENT)
        self._context = context
        self._server_name = server_name

    @override
    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:
        """Called by ldap3 after the connect (ldaps) or after the answer to StartTLS."""
        name = self._server_name or connection.server.host
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=name)


class Client:
    """One connection, made again when it was lost."""

    def __init__(self, config: LdapConfig, context: AdapterContext) -> None:
        self._config = config
        self._context = context
        self._pipeline: Pipeline | None = None
        self.protected = False
        """Whether nobody on the way can read what is sent: TLS, or a socket of this machine."""
        self.url = ""
        self.max_request_bytes = config.max_request_bytes or OPENLDAP.max_request_bytes
        """Until the kind of the server is known, that of the usual one: no long request is sent before."""

    def connect(self) -> None:
        """To the first server that answers; if none does, the error tells of each why."""
        self.close()
        failures = []
        for url in self._config.urls:
            try:
                self._connect_to(url)
            except ConnectionFailedError as error:
                failures.append(f"{_place(url)}: {error.message}")
            else:
                return
        raise ConnectionFailedError("; ".join(failures))

    def close(self) -> None:
        if self._pipeline is not None:
            self._pipeline.close()
            self._pipeline = None

    def is_alive(self) -> bool:
        """Whether the connection is open as far as can be told without asking the server."""
        if self._pipeline is None or self._pipeline.lost:
            return False
        try:
            self._pipeline.check()
        except (LostError, OSError):
            return False
        return True

    def exchange(self, requests: Sequence[Request]) -> list[Answer]:
        """Send all, collect all answers, in their order. A connection that died while idle is made again before
        anything is sent. What must not go out, a password in clear or a request that is too long, is answered by an
        error in its place."""
        if not self.is_alive():
            self.connect()
        pipeline = self._pipeline
        assert pipeline is not None  # noqa: S101 - connect has set it or raised
        refusals = [self._refusal(each) for each in requests]
        answers = iter(
            pipeline.exchange([each for each, refused in zip(requests, refusals, strict=True) if refused is None])
        )
        if pipeline.lost:
            self.close()
        return [refused or next(answers) for refused in refusals]

    def _refusal(self, request: Request) -> BridgeError | None:
        """Why the request is not sent on this connection, if it is not."""
        if request.secrecy is Secrecy.PASSWORD and not self.protected:
            return UnsupportedError("passwords go over TLS or ldapi:// only; use ldaps:// or protection: required")
        if request.size > self.max_request_bytes:
            return InvalidValueError(
                f"the request has {request.size} bytes, more than max_request_bytes ({self.max_request_bytes})"
            )
        return None

    def _connect_to(self, url: str) -> None:
        connection = self._connection(url)
        try:
            with translating(CONNECTING):
                connection.open(read_server_info=False)
                if url.startswith("ldap://") and self._config.protection is Protection.REQUIRED:
                    connection.start_tls(read_server_info=False)
                if not connection.bind(read_server_info=False):
                    raise bind_error(connection.result)  # noqa: TRY301 - the socket is let go of below, as after any failure
        except BaseException:
            with contextlib.suppress(OSError, AttributeError):
                connection.socket.close()
            raise
        connected: socket.socket = connection.socket
        self.protected = isinstance(connected, ssl.SSLSocket) or connection.server.ipc
        self.url = url
        self._pipeline = Pipeline(connected, connection.server.next_message_id, self._config.operation_timeout_seconds)

    def _connection(self, url: str) -> ldap3.Connection:
        with translating(CONNECTING):
            server = ldap3.Server(
                url,
                get_info=ldap3.NONE,
                tls=None
                if url.startswith("ldapi://")
                else VerifiedTls(self._tls_context(), self._config.tls.server_name),
                connect_timeout=self._config.connect_timeout_seconds,
                allowed_referral_hosts=[],
            )
            return ldap3.Connection(
                server,
                client_strategy=ldap3.SYNC,
                auto_bind=ldap3.AUTO_BIND_NONE,
                auto_referrals=False,
                receive_timeout=math.ceil(self._config.connect_timeout_seconds),
                **self._credentials(),
            )

    def _credentials(self) -> dict[str, object]:
        match self._config.bind:
            case SimpleBind() as bind:
                password = self._context.resolve_secret(bind.password).reveal()
                if not password:
                    # RFC 4513 §5.1.2: a bind without password succeeds as nobody.
                    raise ConfigurationError("bind.password is empty")
                return {"authentication": ldap3.SIMPLE, "user": bind.dn, "password": password}
            case ExternalBind():
                return {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.EXTERNAL, "sasl_credentials": ""}

    def _tls_context(self) -> ssl.SSLContext:
        tls = self._config.tls
        try:
            context = ssl.create_default_context(cafile=tls.ca_file)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if tls.certificate_file is not None:
                context.load_cert_chain(tls.certificate_file, tls.key_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(f"a file under tls cannot be used: {error}") from error
        return context


def _place(url: str) -> str:
    """HOST:PORT, or the path of a socket."""
    parts = urlsplit(url)
    if parts.scheme == "ldapi":
        return unquote(parts.netloc)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or _PORTS[parts.scheme]}"
