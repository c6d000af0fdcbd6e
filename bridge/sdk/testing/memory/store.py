"""A store: one target, in memory, shared by all the instances of its connector.

Called by `adapter`, from as many threads as the connector has workers. One operation is one step under the
store's lock; with a ledger the step is written down before the lock is let go.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from bridge.sdk import (
    Anchor,
    Applied,
    Attempt,
    BridgeError,
    CallerName,
    ConnectionFailedError,
    ObjectRef,
    ObjectType,
    OperationId,
    Success,
    TargetObject,
    UnsupportedError,
    Watermark,
)
from bridge.sdk.testing.memory.ledger import APPLIED, UNCHANGED, HistoryRow, Ledger
from bridge.sdk.testing.memory.objects import Objects
from bridge.sdk.testing.memory.values import object_type_schema
from bridge.sdk.testing.memory.writing import Writing


class Store:
    """`reachable` set to False plays a target that is down: nothing is applied and every call fails."""

    def __init__(self, ledger: Ledger | None = None, minimum_password_length: int = 8) -> None:
        self.reachable = True
        self.sessions = 0
        """How often it was opened."""
        self._lock = threading.Lock()
        self._ledger = ledger
        self._minimum_password_length = minimum_password_length
        self._load()

    def apply(self, attempt: Attempt) -> Success:
        """Carry out one operation, all of it or nothing."""
        with self._lock:
            self._check_reachable()
            if self._ledger is None:
                return self._writing.carry_out(attempt)
            return self._recorded(attempt, self._ledger)

    def _recorded(self, attempt: Attempt, ledger: Ledger) -> Success:
        try:
            success = self._writing.carry_out(attempt)
        except BridgeError as error:
            ledger.record(attempt, error.code, error.anchor, None)
            raise
        effect = APPLIED if isinstance(success, Applied) else UNCHANGED
        entry = self._objects.by_anchor(success.anchor) if success.anchor else None
        try:
            ledger.record(attempt, effect, success.anchor, entry)
        except BaseException:
            # What could not be written down has not happened: another process will not find it either.
            self._load()
            raise
        return success

    def _load(self) -> None:
        self._objects = Objects(self._ledger.load() if self._ledger else ())
        self._writing = Writing(self._objects, self._minimum_password_length)

    def get(self, ref: ObjectRef) -> TargetObject | None:
        with self._lock:
            self._check_reachable()
            entry = self._objects.find(ref)
            return None if entry is None else self._objects.target_object(entry)

    def anchors(self, object_type: ObjectType) -> Sequence[Anchor]:
        with self._lock:
            self._check_reachable()
            return self._objects.anchors(object_type_schema(object_type).name)

    def read(self, anchors: Sequence[Anchor]) -> Sequence[TargetObject]:
        """Those that are still there."""
        with self._lock:
            self._check_reachable()
            found = [self._objects.by_anchor(each) for each in anchors]
            return [self._objects.target_object(each) for each in found if each is not None]

    def watermark(self) -> Watermark:
        with self._lock:
            self._check_reachable()
            return self._objects.changes.watermark()

    def changed(self, since: Watermark) -> Sequence[tuple[Anchor, ObjectType]]:
        """What changed, the latest last. WatermarkExpiredError for a watermark of another process."""
        with self._lock:
            self._check_reachable()
            return self._objects.changes.since(since)

    def check_reachable(self) -> None:
        """ConnectionFailedError while `reachable` is False."""
        with self._lock:
            self._check_reachable()

    def markers(self, caller: CallerName, operations: Sequence[OperationId]) -> Mapping[OperationId, Applied]:
        with self._lock:
            self._check_reachable()
            return self._kept_ledger().applied(caller, operations)

    def history(self) -> Sequence[HistoryRow]:
        """Every attempt so far, in order. UnsupportedError if this store records none."""
        with self._lock:
            return self._kept_ledger().rows()

    def close(self) -> None:
        with self._lock:
            if self._ledger is not None:
                self._ledger.close()

    def _kept_ledger(self) -> Ledger:
        if self._ledger is None:
            raise UnsupportedError("this store keeps no history; set history: kept, replay: marker or file")
        return self._ledger

    def _check_reachable(self) -> None:
        if not self.reachable:
            raise ConnectionFailedError("the store is not reachable")
