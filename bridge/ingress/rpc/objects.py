"""The service Objects: reads of a target."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Final

from bridge.api.v1 import objects_pb2 as pb
from bridge.api.v1 import values_pb2
from bridge.engine.interface import Engine
from bridge.ingress.rpc.calls import Call, pages, unary
from bridge.model.identity import ObjectType
from bridge.model.objects import TargetObject
from bridge.sdk.spi import Query
from bridge.wire.changes import MAX_PAGE_BYTES, decode_since, encode_changes
from bridge.wire.fields import MAX_OBJECT_TYPE, MAX_PAGE, FieldError, check_count, check_text
from bridge.wire.filters import decode_filter
from bridge.wire.operations import decode_connector
from bridge.wire.values import decode_ref, encode_object, write_object

if TYPE_CHECKING:
    from bridge.ingress.rpc.access import Gate
    from bridge.ingress.rpc.calls import Handler

_DEFAULT_PAGE: Final = 500
_MAX_TYPES: Final = 100


class Objects:
    """Each method is one RPC of the service of that name."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def handlers(self, gate: Gate) -> dict[str, Handler]:
        return {
            "Read": unary(gate, pb.ReadRequest, self.read),
            "Search": pages(gate, pb.SearchRequest, self.search),
            "Import": pages(gate, pb.ImportRequest, self.full_import),
            "Changes": pages(gate, pb.ChangesRequest, self.changes),
        }

    async def read(self, call: Call, request: pb.ReadRequest) -> values_pb2.Object:
        connector = decode_connector(request.connector)
        try:
            ref = decode_ref(request.ref)
        except FieldError as error:
            raise error.under("ref") from None
        return encode_object(await self._engine.read(call.caller, connector, ref))

    async def search(self, call: Call, request: pb.SearchRequest) -> AsyncGenerator[pb.ObjectPage]:
        connector = decode_connector(request.connector)
        check_text(request.object_type, "object_type", MAX_OBJECT_TYPE)
        tree = decode_filter(request.filter) if request.HasField("filter") else None
        query = Query(ObjectType(request.object_type), tree, _page_size(request.page_size))
        async for objects in self._engine.search(call.caller, connector, query):
            for page in _split(objects):
                yield page

    async def full_import(self, call: Call, request: pb.ImportRequest) -> AsyncGenerator[pb.ObjectPage]:
        connector = decode_connector(request.connector)
        check_count(len(request.object_types), "object_types", _MAX_TYPES)
        for index, each in enumerate(request.object_types):
            check_text(each, f"object_types[{index}]", MAX_OBJECT_TYPE)
        types = [ObjectType(each) for each in request.object_types]
        size = _page_size(request.page_size)
        async for objects in self._engine.full_import(call.caller, connector, types, size):
            for page in _split(objects):
                yield page

    async def changes(self, call: Call, request: pb.ChangesRequest) -> AsyncGenerator[pb.ChangePage]:
        connector = decode_connector(request.connector)
        since, size = decode_since(request.since), _page_size(request.page_size)
        async for page in self._engine.changes(call.caller, connector, since, size):
            for message in encode_changes(page):
                yield message


def _page_size(wish: int) -> int:
    if wish > MAX_PAGE:
        raise FieldError("page_size", f"is {wish}; at most {MAX_PAGE} is allowed")
    return wish or _DEFAULT_PAGE


def _split(objects: Sequence[TargetObject]) -> list[pb.ObjectPage]:
    pages_out = [pb.ObjectPage()]
    size = 0
    for each in objects:
        page = pages_out[-1].objects
        encoded = page.add()
        write_object(encoded, each)
        size += encoded.ByteSize()
        if size > MAX_PAGE_BYTES and len(page) > 1:
            pages_out.append(pb.ObjectPage(objects=[encoded]))
            del page[-1]
            size = pages_out[-1].ByteSize()
    return pages_out
