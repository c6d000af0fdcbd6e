"""The service Connectors: what this caller may use, and how it fares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.api.v1 import connectors_pb2 as pb
from bridge.engine.interface import Engine
from bridge.ingress.rpc.calls import Call, unary
from bridge.wire.connectors import encode_connector, encode_description, encode_report
from bridge.wire.operations import decode_connector

if TYPE_CHECKING:
    from bridge.ingress.rpc.access import Gate
    from bridge.ingress.rpc.calls import Handler


class Connectors:
    """Each method is one RPC of the service of that name."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def handlers(self, gate: Gate) -> dict[str, Handler]:
        return {
            "List": unary(gate, pb.ListConnectorsRequest, self.list),
            "Describe": unary(gate, pb.DescribeConnectorRequest, self.describe),
            "Test": unary(gate, pb.TestConnectorRequest, self.test),
        }

    async def list(self, call: Call, _: pb.ListConnectorsRequest) -> pb.ListConnectorsResponse:
        found = await self._engine.connectors(call.caller)
        return pb.ListConnectorsResponse(connectors=[encode_connector(each) for each in found])

    async def describe(self, call: Call, request: pb.DescribeConnectorRequest) -> pb.ConnectorDescription:
        name = decode_connector(request.name, "name")
        return encode_description(await self._engine.describe(call.caller, name))

    async def test(self, call: Call, request: pb.TestConnectorRequest) -> pb.TestConnectorResponse:
        return encode_report(await self._engine.test(call.caller, decode_connector(request.name, "name")))
