"""What a stream still has to send, and what it sent without a result yet. Shared by three threads.

A feeder takes operations from the caller's iterable and encodes them, grpc's sender takes batches of whatever
waits, the receiver reports results and credits. Memory: `_AHEAD` operations, and one for each credit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from bridge.api.v1 import operations_pb2 as pb
from bridge.client.channel import MAX_MESSAGE
from bridge.client.operation import sendable
from bridge.model.operations import Operation

_AHEAD: Final = 1_024
"""Operations taken from the caller before there is credit for them."""
_BATCH: Final = 256
_BATCH_BYTES: Final = MAX_MESSAGE // 2


class Outbox:
    """The sending half of a stream, over as many connections as it takes."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[pb.Operation] = deque()
        self._unanswered: dict[str, pb.Operation] = {}
        self._again: deque[pb.Operation] = deque()
        self._credits = 0
        self._unaccepted = 0
        self._connection = 0
        self._closed = False
        self._exhausted = False
        self._fault: Exception | None = None
        threading.Thread(target=self._feed, args=(operations,), name="bridge-stream-feeder", daemon=True).start()

    def _feed(self, operations: Iterable[Operation]) -> None:
        try:
            for operation in operations:
                if not self._put(sendable(operation)):
                    return
        except Exception as error:  # noqa: BLE001 - handed over, not swallowed: `finish` raises it
            self._fault = error
        finally:
            with self._changed:
                self._exhausted = True
                self._changed.notify_all()

    def _put(self, message: pb.Operation) -> bool:
        with self._changed:
            while len(self._waiting) >= _AHEAD and not self._closed:
                self._changed.wait()
            self._waiting.append(message)
            if len(self._waiting) in (1, _BATCH):
                self._changed.notify_all()
            return not self._closed

    def connect(self) -> Iterator[pb.StreamRequest]:
        """The requests of a new connection: first again what has no result, in its order, then the rest."""
        with self._changed:
            self._connection += 1
            self._credits = 0
            self._unaccepted = 0
            self._again = deque(self._unanswered.values())
            connection = self._connection
        return self._requests(connection)

    def disconnect(self) -> None:
        """End the requests of the present connection."""
        with self._changed:
            self._connection += 1
            self._changed.notify_all()

    def _requests(self, connection: int) -> Iterator[pb.StreamRequest]:
        while batch := self._next_batch(connection):
            yield pb.StreamRequest(operations=batch)

    def _next_batch(self, connection: int) -> list[pb.Operation]:
        """Whatever waits, as far as credits reach; empty at the end."""
        with self._changed:
            while connection == self._connection:
                if self._credits and self._worth_sending():
                    return self._take()
                if self._exhausted and not self._again and not self._waiting:
                    break
                self._changed.wait()
            return []

    def _worth_sending(self) -> bool:
        """A full batch always; less only while the bridge owes no answer, or when there will be no more.

        So a slow source is sent at once, and a fast one in batches that grow with the time an answer takes.
        """
        if self._again or len(self._waiting) >= _BATCH:
            return True
        return bool(self._waiting) and (self._exhausted or not self._unaccepted)

    def _take(self) -> list[pb.Operation]:
        source = self._again or self._waiting
        batch: list[pb.Operation] = []
        size = 0
        for message in islice(source, min(_BATCH, self._credits)):
            size += message.ByteSize()
            if batch and size > _BATCH_BYTES:
                break
            batch.append(message)
        for message in batch:
            source.popleft()
            self._unanswered[message.id] = message
        self._credits -= len(batch)
        self._unaccepted += len(batch)
        self._changed.notify_all()
        return batch

    def received(self, response: pb.StreamResponse, answered: Iterable[str]) -> None:
        """Credits came, and these ids need not be sent again."""
        with self._changed:
            for operation_id in answered:
                self._unanswered.pop(operation_id, None)
            self._credits += response.credits
            self._unaccepted -= len(response.accepted) + len(response.refusals)
            self._changed.notify_all()

    @property
    def finished(self) -> bool:
        with self._changed:
            return self._exhausted and not self._waiting and not self._unanswered

    def finish(self) -> None:
        """Raise what ended the caller's iterable early, if anything did."""
        if self._fault is not None:
            raise self._fault

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._connection += 1
            self._changed.notify_all()
