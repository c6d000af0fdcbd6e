"""Keeps one connection to one of the servers, and exchanges requests over it. Called by `adapter`.

`connecting` opens it, `servers` says to which server, `pipeline` does the exchange.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from adapters.ldap import conditions
from adapters.ldap.config import LdapConfig
from adapters.ldap.connecting import Session, open_session
from adapters.ldap.conversation import Exchange
from adapters.ldap.encoding import NO_ATTRIBUTES, Effect, Request, Scope, Secrecy, search
from adapters.ldap.pipeline import Answer, LostError
from adapters.ldap.server_kind import OPENLDAP
from adapters.ldap.servers import servers_of
from bridge.sdk import (
    AdapterContext,
    BridgeError,
    ConnectionFailedError,
    InvalidValueError,
    UnsupportedError,
)


class Client:
    """One connection, made again when it was lost."""

    def __init__(self, config: LdapConfig, context: AdapterContext) -> None:
        self._config = config
        self._context = context
        self._servers = servers_of(context.connector, config.urls, config.replication_seconds)
        self._session: Session | None = None
        self.max_request_bytes = config.max_request_bytes or OPENLDAP.max_request_bytes
        """Until the kind of the server is known, that of the usual one: no long request is sent before."""

    @property
    def protected(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        return self._session is not None and self._session.protected

    @property
    def url(self) -> str:
        return self._session.url if self._session else ""

    def connect(self) -> None:
        """To the first server that answers; if none does, the error tells of each why."""
        self.close()
        candidates = self._servers.candidates()
        failures = []
        for url in candidates:
            try:
                session = self._open(url)
            except ConnectionFailedError as error:
                self._servers.failed(url)
                failures.append(error.message)
            else:
                self._take(session)
                return
        if len(candidates) < len(self._config.urls):
            failures.append("another one is used once it must have what was written to this one (replication_seconds)")
        raise ConnectionFailedError("; ".join(failures))

    def close(self) -> None:
        if self._session is not None:
            self._session.pipeline.close()
            self._session = None

    def check_alive(self) -> None:
        """Asks the server, so that a connection which only seems open is found before a write is risked on it. Then,
        this being a quiet moment, goes back to a preferred server that is there again."""
        if self._session is None:
            raise ConnectionFailedError("there is no connection to the directory")
        [answer] = self._session.pipeline.exchange([_PROBE], self._config.connect_timeout_seconds)
        if isinstance(answer, BridgeError):
            raise answer
        preferred = self._servers.preferred()
        if preferred is not None:
            self._go_back_to(preferred)

    def exchange(self, requests: Sequence[Request]) -> list[Answer]:
        """Send all, collect all answers, in their order. A connection that died while idle is made again before
        anything is sent. What must not go out, a password in clear or a request that is too long, is answered by an
        error in its place."""
        if not self._is_usable() or not self._servers.is_current(self.url):
            self.connect()
        return self._exchange(requests)

    def staying(self) -> Exchange:
        """An exchange for the pages of one search: they belong to the connection that the first one went over."""
        begun: Session | None = None

        def exchange(requests: Sequence[Request]) -> list[Answer]:
            nonlocal begun
            if begun is None:
                answers = self.exchange(requests)
                begun = self._session
                return answers
            if self._session is not begun or not self._is_usable():
                raise ConnectionFailedError("the connection was lost on which the search began; it has to start anew")
            return self._exchange(requests)

        return exchange

    def _exchange(self, requests: Sequence[Request]) -> list[Answer]:
        session = self._session
        assert session is not None  # noqa: S101 - the callers have seen to it
        refusals = [self._refusal(each) for each in requests]
        sent = [each for each, refused in zip(requests, refusals, strict=True) if refused is None]
        writes = any(each.effect is Effect.WRITES for each in sent)
        with self._servers.writing(session.url) if writes else nullcontext():
            answers = iter(session.pipeline.exchange(sent))
        if session.pipeline.lost:
            self.close()
        return [refused or next(answers) for refused in refusals]

    def _is_usable(self) -> bool:
        """Whether the connection is open as far as can be told without asking the server."""
        if self._session is None or self._session.pipeline.lost:
            return False
        try:
            self._session.pipeline.check()
        except (LostError, OSError):
            return False
        return True

    def _refusal(self, request: Request) -> BridgeError | None:
        """Why the request is not sent on this connection, if it is not."""
        if request.secrecy is Secrecy.PASSWORD and not self.protected:
            return UnsupportedError("passwords go over protected channels only; use ldaps:// or protection: required")
        if request.size > self.max_request_bytes:
            return InvalidValueError(
                f"the request has {request.size} bytes, more than max_request_bytes ({self.max_request_bytes})"
            )
        return None

    def _open(self, url: str) -> Session:
        return open_session(url, self._config, self._context.resolve_secret)

    def _go_back_to(self, url: str) -> None:
        try:
            session = self._open(url)
        except BridgeError:
            self._servers.failed(url)
            return  # the present one serves on
        if self._servers.came_back(url):
            self._take(session)
        else:
            session.pipeline.close()

    def _take(self, session: Session) -> None:
        try:
            self._servers.connected(session.url)
        except ConnectionFailedError:
            session.pipeline.close()
            raise
        self.close()
        self._session = session


_PROBE = search("", Scope.BASE, conditions.present("objectClass"), NO_ATTRIBUTES, limit=1)
"""The root DSE, which every server shows to everybody."""
