"""The client's methods: one for each thing a caller may ask of a bridge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from bridge.api.v1 import connectors_pb2, objects_pb2, values_pb2
from bridge.api.v1 import operations_pb2 as pb
from bridge.client.channel import Channel, TlsFiles
from bridge.client.errors import decoding
from bridge.client.operation import sendable
from bridge.client.patience import Patience
from bridge.client.stream import StreamEvent, stream
from bridge.model.errors import UnavailableError
from bridge.model.filters import Filter
from bridge.model.identity import CallerName, ConnectorName, ObjectRef, ObjectType, OperationId, SettleNumber, Watermark
from bridge.model.lifecycle import State
from bridge.model.objects import ChangePage, TargetObject
from bridge.model.operations import Operation
from bridge.model.status import ConnectorDescription, ConnectorStatus, ListOrder, OperationStatus, TestReport
from bridge.wire.changes import decode_changes
from bridge.wire.connectors import decode_connector_status, decode_description, decode_report
from bridge.wire.filters import encode_filter
from bridge.wire.status import decode_status, encode_order, encode_state
from bridge.wire.values import decode_object, encode_ref

_PATIENCE: Final = 60.0
_IMPORT_SECONDS: Final = 3_600.0


class BridgeClient:
    """A bridge, seen by one of its callers. `target` is "unix:///path", or "host:port" with TLS files.

    Every method raises the errors of `bridge.model.errors`. `timeout` bounds each call, in seconds. One
    client may be used by several threads.
    """

    def __init__(self, target: str, *, tls: TlsFiles | None = None, timeout: float = 60.0) -> None:
        self._channel = Channel(target, tls)
        self._timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; what runs on it ends with an error."""
        self._channel.close()

    def submit(self, operation: Operation, *, wait: bool = False, timeout: float | None = None) -> OperationStatus:
        """Returns once it is on disk; with `wait` once it is final, or a second before the timeout."""
        request = pb.SubmitRequest(operation=sendable(operation), wait=wait)
        return self._status("Submit", request, timeout)

    def stream(self, operations: Iterable[Operation], *, patience: float = _PATIENCE) -> Iterator[StreamEvent]:
        """Send any number of operations; yields what becomes of each, in the order in which it becomes known.

        The iterable is read in a thread of its own, a little ahead of what the bridge gives credit
        for. The stream survives restarts of the bridge: it raises only after `patience` seconds
        without an answer of any kind, and yields Paused when such a time begins.
        """
        return stream(self._channel, operations, Patience(patience))

    def get(self, operation: OperationId, *, wait: bool = False, timeout: float | None = None) -> OperationStatus:
        return self._status("Get", pb.GetOperationRequest(id=operation, wait=wait), timeout)

    def list(
        self,
        connector: ConnectorName | None = None,
        states: Iterable[State] = (),
        *,
        order: ListOrder = ListOrder.OLDEST,
        page_size: int = 500,
    ) -> Iterator[OperationStatus]:
        """All that match, by their acceptance, read page by page."""
        request = pb.ListOperationsRequest(
            connector=connector,
            states=[encode_state(state) for state in states],
            page_size=page_size,
            order=encode_order(order),
        )
        while True:
            page = self._channel.unary("Operations/List", request, pb.ListOperationsResponse, self._timeout)
            yield from _statuses(page.operations)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def watch(
        self,
        after: SettleNumber = SettleNumber(0),  # noqa: B008 - a number, whatever its type is called
        connector: ConnectorName | None = None,
        *,
        until_now: bool = False,
        patience: float = _PATIENCE,
    ) -> Iterator[OperationStatus]:
        """Settlements in their order, each once, also across restarts of the bridge."""
        request = pb.WatchRequest(after=after, connector=connector, until_now=until_now)
        waiting = Patience(patience)
        while True:
            try:
                for page in self._channel.pages("Operations/Watch", request, pb.WatchResponse, None):
                    waiting.progress()
                    for status in _statuses(page.settlements):
                        request.after = status.settle_number or request.after
                        yield status
            except UnavailableError as error:
                waiting.wait(error)
            else:
                return

    def retry(self, operation: OperationId, caller: CallerName | None = None) -> OperationStatus:
        return self._status("Retry", pb.OperationStepRequest(id=operation, caller=caller))

    def cancel(self, operation: OperationId, caller: CallerName | None = None) -> OperationStatus:
        return self._status("Cancel", pb.OperationStepRequest(id=operation, caller=caller))

    def release(self, operation: OperationId, caller: CallerName | None = None) -> OperationStatus:
        return self._status("Release", pb.OperationStepRequest(id=operation, caller=caller))

    def read(self, connector: ConnectorName, ref: ObjectRef) -> TargetObject:
        request = objects_pb2.ReadRequest(connector=connector, ref=encode_ref(ref))
        with decoding():
            return decode_object(self._channel.unary("Objects/Read", request, values_pb2.Object, self._timeout))

    def search(
        self,
        connector: ConnectorName,
        object_type: ObjectType,
        where: Filter | None = None,
        *,
        page_size: int = 500,
    ) -> Iterator[TargetObject]:
        """The iteration ends when everything was given, and raises when it was not."""
        request = objects_pb2.SearchRequest(
            connector=connector,
            object_type=object_type,
            filter=None if where is None else encode_filter(where),
            page_size=page_size,
        )
        return self._objects("Objects/Search", request)

    def import_objects(
        self, connector: ConnectorName, object_types: Sequence[ObjectType] = (), *, page_size: int = 500
    ) -> Iterator[TargetObject]:
        """Every object of these types, or of all; the iteration raises when it is incomplete."""
        request = objects_pb2.ImportRequest(connector=connector, object_types=object_types, page_size=page_size)
        return self._objects("Objects/Import", request)

    def changes(
        self, connector: ConnectorName, since: Watermark | None = None, *, page_size: int = 500
    ) -> Iterator[ChangePage]:
        """What changed since that watermark; everything that is there if there is none.

        Keep a page's watermark once all changes up to it are dealt with. WatermarkExpiredError: ask again without.
        The iteration raises when it is incomplete.
        """
        request = objects_pb2.ChangesRequest(connector=connector, since=since or "", page_size=page_size)
        for page in self._channel.pages("Objects/Changes", request, objects_pb2.ChangePage, _IMPORT_SECONDS):
            with decoding():
                changes = decode_changes(page)
            yield changes

    def connectors(self) -> Sequence[ConnectorStatus]:
        response = self._channel.unary(
            "Connectors/List",
            connectors_pb2.ListConnectorsRequest(),
            connectors_pb2.ListConnectorsResponse,
            self._timeout,
        )
        with decoding():
            return [decode_connector_status(each) for each in response.connectors]

    def describe(self, connector: ConnectorName) -> ConnectorDescription:
        request = connectors_pb2.DescribeConnectorRequest(name=connector)
        response = self._channel.unary(
            "Connectors/Describe", request, connectors_pb2.ConnectorDescription, self._timeout
        )
        with decoding():
            return decode_description(response)

    def test(self, connector: ConnectorName) -> TestReport:
        request = connectors_pb2.TestConnectorRequest(name=connector)
        return decode_report(
            self._channel.unary("Connectors/Test", request, connectors_pb2.TestConnectorResponse, self._timeout)
        )

    def _status(
        self,
        method: str,
        request: pb.SubmitRequest | pb.GetOperationRequest | pb.OperationStepRequest,
        timeout: float | None = None,
    ) -> OperationStatus:
        answer = self._channel.unary(f"Operations/{method}", request, pb.OperationStatus, timeout or self._timeout)
        with decoding():
            return decode_status(answer)

    def _objects(
        self, method: str, request: objects_pb2.SearchRequest | objects_pb2.ImportRequest
    ) -> Iterator[TargetObject]:
        for page in self._channel.pages(method, request, objects_pb2.ObjectPage, _IMPORT_SECONDS):
            with decoding():
                objects = [decode_object(each) for each in page.objects]
            yield from objects


def _statuses(messages: Iterable[pb.OperationStatus]) -> list[OperationStatus]:
    with decoding():
        return [decode_status(each) for each in messages]
