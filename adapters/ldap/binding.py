"""The bind: tells the server who we are (RFC 4513). Called by `connecting` once the channel is as wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, assert_never

from adapters.ldap import encoding
from adapters.ldap.config import Bind, ExternalBind, KerberosBind, SimpleBind
from adapters.ldap.encoding import Request
from adapters.ldap.errors import SUCCESS, result_error
from adapters.ldap.pipeline import Pipeline
from adapters.ldap.sealing import Seal
from bridge.sdk import ConfigurationError, Secret

SASL_BIND_IN_PROGRESS: Final = 14


def bind(
    pipeline: Pipeline,
    how: Bind,
    server_name: str,
    channel: bytes | None,
    resolve_secret: Callable[[str], Secret],
) -> Seal | None:
    """What all that follows is to be sealed with, if anything. `channel` is what TLS binds to, None without TLS."""
    match how:
        case SimpleBind():
            password = resolve_secret(how.password).reveal()
            if not password:
                # RFC 4513 §5.1.2: a bind without password succeeds as nobody.
                raise ConfigurationError("bind.password is empty")
            _ask(pipeline, encoding.simple_bind(how.dn, password.encode()))
        case ExternalBind():
            _ask(pipeline, encoding.sasl_bind("EXTERNAL", b""))
        case KerberosBind():
            return _by_kerberos(pipeline, how, server_name, channel)
        case _:
            assert_never(how)
    return None


def _by_kerberos(pipeline: Pipeline, how: KerberosBind, server_name: str, channel: bytes | None) -> Seal | None:
    try:
        from adapters.ldap import kerberos  # noqa: PLC0415 - its library is an extra
    except ImportError as error:
        raise ConfigurationError(
            "bind.method kerberos needs a package: pip install ecma-bridge[ldap-kerberos]"
        ) from error

    def ask(token: bytes) -> tuple[int, bytes]:
        return _ask(pipeline, encoding.sasl_bind("GSSAPI", token))

    return kerberos.bind(how, server_name, channel, ask)


def _ask(pipeline: Pipeline, request: Request) -> tuple[int, bytes]:
    """The result and what came with it; the error if it is a refusal."""
    answer = pipeline.ask(request)
    if answer.code not in {SUCCESS, SASL_BIND_IN_PROGRESS}:
        raise result_error(answer, None, "bind")
    return answer.code, answer.credentials
