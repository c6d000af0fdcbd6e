"""The gRPC server: limits, listeners, services. Started by the service, which gives it the engine.

There is no listener in the clear: a Unix socket in a private directory, or mutual TLS.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from bridge.api.v1 import connectors_pb2, objects_pb2, operations_pb2
from bridge.engine.interface import Engine
from bridge.ingress.rpc import socket
from bridge.ingress.rpc.connectors import Connectors
from bridge.ingress.rpc.objects import Objects
from bridge.ingress.rpc.operations import Operations
from bridge.ingress.rpc.socket import SocketListener
from bridge.ingress.rpc.statuses import answering
from bridge.ingress.rpc.tls import CertificateFiles, TlsListener
from bridge.model.errors import ConfigurationError
from bridge.model.identity import ConnectorName
from bridge.model.status import Health

if TYPE_CHECKING:
    from bridge.ingress.rpc.access import Context, Gate
    from bridge.ingress.rpc.calls import Handler

MAX_MESSAGE: Final = 4 * 1024 * 1024
MAX_CALLS: Final = 512
"""Calls of all callers at one time, streams and watches included; more are answered RESOURCE_EXHAUSTED."""

CONNECTOR_SERVICE: Final = "connectors/"
"""Before a connector's name, the service whose health is the connector's."""

_IDENTITY_ONLY: Final = 1
"""Bit set of compression algorithms: none but identity, so no small message unfolds into a large one."""

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", -1),  # an object that was read is one message, however large
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.max_concurrent_streams", 256),
    ("grpc.compression_enabled_algorithms_bitset", _IDENTITY_ONLY),
    ("grpc.so_reuseport", 0),  # a second process on the same port is to fail, not to share it
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 300_000),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.max_connection_idle_ms", 15 * 60_000),
    ("grpc.max_connection_age_ms", 60 * 60_000),
    ("grpc.max_connection_age_grace_ms", 5 * 60_000),
    ("grpc.server_handshake_timeout_ms", 10_000),
)

_OPERATIONS: Final = operations_pb2.DESCRIPTOR.services_by_name["Operations"].full_name
_OBJECTS: Final = objects_pb2.DESCRIPTOR.services_by_name["Objects"].full_name
_CONNECTORS: Final = connectors_pb2.DESCRIPTOR.services_by_name["Connectors"].full_name


class RpcServer:
    """A server with up to two listeners. `start` opens them; `stop` lets calls finish in a grace time."""

    def __init__(
        self,
        engine: Engine,
        gate: Gate,
        *,
        socket: SocketListener | None = None,
        tls: TlsListener | None = None,
    ) -> None:
        self._engine = engine
        self._gate = gate
        self._socket = socket
        self._tls = tls
        self._health = health.aio.HealthServicer()
        self._telling: set[asyncio.Task[None]] = set()
        self._server: grpc.aio.Server | None = None
        self.tls_port = 0

    async def start(self) -> None:
        """ConfigurationError if a listener cannot be opened as it must be."""
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=MAX_CALLS)
        await self._add_services(server)
        if self._socket is not None:
            _listen_on_socket(server, self._socket)
        if self._tls is not None:
            self.tls_port = _listen_on_tls(server, self._tls)
        await server.start()
        if self._socket is not None:
            socket.open_to_group(self._socket)
        self._server = server

    async def stop(self, grace: float) -> None:
        """Refuse new calls at once; those that run have so many seconds, then end with UNAVAILABLE."""
        if self._server is None:
            return
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace)
        if self._socket is not None:
            self._socket.path.unlink(missing_ok=True)

    async def _add_services(self, server: grpc.aio.Server) -> None:
        services: dict[str, dict[str, Handler]] = {
            _OPERATIONS: Operations(self._engine).handlers(self._gate),
            _OBJECTS: Objects(self._engine).handlers(self._gate),
            _CONNECTORS: Connectors(self._engine).handlers(self._gate),
        }
        for name, handlers in services.items():
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._engine.watch_health(self._health_changed)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(_Reflection(names, self._gate), server)

    def _health_changed(self, connector: ConnectorName, now: Health) -> None:
        serving = health_pb2.HealthCheckResponse
        status = serving.SERVING if now is Health.OK else serving.NOT_SERVING
        telling = asyncio.create_task(self._health.set(f"{CONNECTOR_SERVICE}{connector}", status))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)


class _Reflection:
    """Reflection tells the API's shape, to callers only."""

    def __init__(self, names: tuple[str, ...], gate: Gate) -> None:
        self._inner = reflection.aio.ReflectionServicer(service_names=names)
        self._gate = gate

    async def ServerReflectionInfo(  # noqa: N802 - the name of the RPC
        self, requests: AsyncIterator[Any], context: Context
    ) -> AsyncIterator[Any]:
        async with answering(context):
            self._gate.admit(context)
        async for response in self._inner.ServerReflectionInfo(requests, context):
            yield response


def _listen_on_socket(server: grpc.aio.Server, listener: SocketListener) -> None:
    socket.prepare(listener)
    try:
        server.add_insecure_port(f"unix:{listener.path}")
    except RuntimeError as error:
        raise ConfigurationError(f"cannot listen on socket {listener.path}: {error}") from None


def _listen_on_tls(server: grpc.aio.Server, listener: TlsListener) -> int:
    credentials = CertificateFiles(listener).credentials()
    try:
        return server.add_secure_port(listener.address, credentials)
    except RuntimeError:
        raise ConfigurationError(
            f"cannot listen on {listener.address}: the port is in use, or the address is not this machine's"
        ) from None
