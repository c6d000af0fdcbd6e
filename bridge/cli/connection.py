"""The options by which a command finds its bridge, said once for all commands.

A command that speaks to a bridge takes a `BridgeClient` as its first parameter and is wrapped by `with_client`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_type_hints

import typer

from bridge.cli.files import ConfigFile, load_settings
from bridge.client import BridgeClient, TlsFiles
from bridge.config.settings import DEFAULT_SOCKET
from bridge.model.errors import ConfigurationError

ADDRESS_VARIABLE: Final = "ECMA_BRIDGE_CONNECT"

Returned = TypeVar("Returned")

Connect = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        envvar=ADDRESS_VARIABLE,
        help=f"The bridge: unix:///PATH or HOST:PORT. Without it the socket of --config, else {DEFAULT_SOCKET}.",
    ),
]
TlsCa = Annotated[Path | None, typer.Option(help="PEM file of the authority that the bridge's certificate is from.")]
TlsCert = Annotated[Path | None, typer.Option(help="PEM file of this caller's certificate.")]
TlsKey = Annotated[Path | None, typer.Option(help="PEM file of this caller's private key.")]


@contextmanager
def _connect(
    *,
    connect: Connect = None,
    config: ConfigFile = None,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
) -> Iterator[BridgeClient]:
    """A client of the bridge that the options name. It connects at its first call."""
    target = connect or _socket(config)
    with BridgeClient(target, tls=_tls(target, tls_ca, tls_cert, tls_key)) as client:
        yield client


def _tls(target: str, ca: Path | None, certificate: Path | None, key: Path | None) -> TlsFiles | None:
    if target.startswith("unix:"):
        return None
    if ca is None or certificate is None or key is None:
        raise ConfigurationError(f"{target}: give --tls-ca, --tls-cert and --tls-key, or a unix:///PATH")
    return TlsFiles(ca, certificate, key)


def _socket(config: Path | None) -> str:
    if config is None:
        return f"unix://{DEFAULT_SOCKET}"
    socket = load_settings(config).listen.socket
    if socket is None:
        raise ConfigurationError(f"{config} has no listen.socket; give --connect HOST:PORT and the TLS files")
    return f"unix://{socket.path}"


def with_client(command: Callable[..., Returned]) -> Callable[..., Returned]:
    """The command with the connection's options beside its own, and the client they make in place of its first."""
    options = _parameters(_connect)
    own = _parameters(command)[1:]

    @functools.wraps(command)
    def connected(*arguments: Any, **given: Any) -> Returned:
        mine = {each.name: given.pop(each.name) for each in options}
        with _connect(**mine) as client:
            return command(client, *arguments, **given)

    del connected.__wrapped__  # typer would look through it and see the command's own options only
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *options)]
    connected.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    connected.__annotations__ = {each.name: each.annotation for each in parameters}
    return connected


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The function's parameters, their annotations as objects."""
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    return [each.replace(annotation=hints[each.name]) for each in parameters]
