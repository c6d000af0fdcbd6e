"""The connection to a bridge: over its Unix socket, or by mutual TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import grpc
from google.protobuf.message import Message

from bridge.client.errors import calling
from bridge.model.errors import ConfigurationError

MAX_MESSAGE: Final = 4 * 1024 * 1024
MAX_OBJECT: Final = 256 * 1024 * 1024
"""An object is one message, and a group may have more members than anybody could send at once."""

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_OBJECT),
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 10_000),  # how long one attempt to connect may take: the bridge may be busy
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.keepalive_time_ms", 360_000),  # the bridge cuts off who pings more often than every five minutes
)

Response = TypeVar("Response", bound=Message)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: whom the caller trusts, and who it is. `server_name`, where it is not the address."""

    ca: Path
    certificate: Path
    key: Path
    server_name: str | None = None


class Channel:
    """Calls by name. No type of grpc goes further than the package that this is in."""

    def __init__(self, target: str, tls: TlsFiles | None) -> None:
        self.target = target
        self.grpc = _open(target, tls)

    def unary(self, method: str, request: Message, response: type[Response], timeout: float) -> Response:
        call = self.grpc.unary_unary(f"/bridge.api.v1.{method}", type(request).SerializeToString, response.FromString)
        with calling(self.target):
            return call(request, timeout=timeout)

    def pages(
        self, method: str, request: Message, response: type[Response], timeout: float | None
    ) -> Iterator[Response]:
        call = self.grpc.unary_stream(f"/bridge.api.v1.{method}", type(request).SerializeToString, response.FromString)
        with calling(self.target):
            answers = call(request, timeout=timeout)
            try:
                yield from answers
            finally:
                answers.cancel()

    def close(self) -> None:
        self.grpc.close()


def _open(target: str, tls: TlsFiles | None) -> grpc.Channel:
    if target.startswith("unix:"):
        return grpc.insecure_channel(target, options=_OPTIONS)
    if tls is None:
        raise ConfigurationError(f"{target} needs TLS files; without them only a unix:///path is spoken to")
    try:
        credentials = grpc.ssl_channel_credentials(
            tls.ca.read_bytes(), tls.key.read_bytes(), tls.certificate.read_bytes()
        )
    except OSError as error:
        raise ConfigurationError(f"TLS file {error.filename} cannot be read: {error.strerror}") from None
    named = (("grpc.ssl_target_name_override", tls.server_name),) if tls.server_name else ()
    return grpc.secure_channel(target, credentials, options=_OPTIONS + named)
