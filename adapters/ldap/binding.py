"""The bind, by ldap3: tells the server who we are (RFC 4513). Called by `connecting` once the channel is as wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, assert_never

import ldap3
from ldap3.protocol.sasl.sasl import send_sasl_negotiation

from adapters.ldap.config import Bind, ExternalBind, KerberosBind, SimpleBind
from adapters.ldap.decoding import Response
from adapters.ldap.errors import SUCCESS, result_error
from adapters.ldap.guarded import GuardedSocket, ask, connection_over
from adapters.ldap.sealing import Seal
from bridge.sdk import ConfigurationError, Secret

SASL_BIND_IN_PROGRESS: Final = 14


def bind(
    channel: GuardedSocket,
    how: Bind,
    server_name: str,
    tie: bytes | None,
    resolve_secret: Callable[[str], Secret],
) -> Seal | None:
    """What all that follows is to be sealed with, if anything. `tie` is what TLS binds to, None without TLS."""
    match how:
        case SimpleBind():
            password = resolve_secret(how.password).reveal()
            if not password:
                # RFC 4513 §5.1.2: a bind without password succeeds as nobody.
                raise ConfigurationError("bind.password is empty")
            # As bytes: ldap3 would change some characters (RFC 4013), and passwords are set as they are given.
            _bind(channel, authentication=ldap3.SIMPLE, user=how.dn, password=password.encode())
        case ExternalBind():
            _bind(channel, authentication=ldap3.SASL, sasl_mechanism=ldap3.EXTERNAL, sasl_credentials="")
        case KerberosBind():
            return _by_kerberos(channel, how, server_name, tie)
        case _:
            assert_never(how)
    return None


def _bind(channel: GuardedSocket, **credentials: Any) -> None:
    connection = connection_over(channel, **credentials)
    _ask(connection, lambda: connection.bind(read_server_info=False), {SUCCESS})


def _by_kerberos(channel: GuardedSocket, how: KerberosBind, server_name: str, tie: bytes | None) -> Seal | None:
    try:
        from adapters.ldap import kerberos  # noqa: PLC0415 - its library is an extra
    except ImportError as error:
        raise ConfigurationError(
            "bind.method kerberos needs a package: pip install ecma-bridge[ldap-kerberos]"
        ) from error
    # ldap3 carries the steps; its own Kerberos has neither channel binding nor encryption.
    connection = connection_over(channel, authentication=ldap3.SASL, sasl_mechanism=ldap3.GSSAPI)

    def step(token: bytes) -> tuple[int, bytes]:
        request = partial(send_sasl_negotiation, connection, None, token)
        return _ask(connection, request, {SUCCESS, SASL_BIND_IN_PROGRESS})

    return kerberos.bind(how, server_name, tie, step)


def _ask(connection: ldap3.Connection, request: Callable[[], object], good: set[int]) -> tuple[int, bytes]:
    """The result and what came with it; the error if it is none of the good ones."""
    answer = ask(connection, request)
    code: int = answer["result"]
    if code not in good:
        raise result_error(Response(code=code, diagnostic=answer.get("message", "")), None, "bind")
    return code, answer.get("saslCreds") or b""
