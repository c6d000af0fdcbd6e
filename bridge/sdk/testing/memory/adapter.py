"""The reference adapter: every verb of the SPI, on a store. Called by `host/facade.py`, like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridge.sdk import (
    Adapter,
    AdapterContext,
    Applied,
    Attempt,
    BridgeError,
    CallerName,
    ChangePage,
    ChangesPasswords,
    ConnectionFailedError,
    Creates,
    DeletedObject,
    Deletes,
    Gets,
    HasPartitions,
    KeepsMarkers,
    ObjectRef,
    OperationId,
    OperationKind,
    Outcome,
    Partition,
    Query,
    Renames,
    Schema,
    Searches,
    SetsPasswords,
    Success,
    TargetObject,
    TracksChanges,
    Updates,
    Watermark,
    filters,
    outcome_of,
)
from bridge.sdk.testing.memory import sharing
from bridge.sdk.testing.memory.config import MemoryConfig
from bridge.sdk.testing.memory.schema import SCHEMA
from bridge.sdk.testing.memory.store import Store


class MemoryAdapter(
    Adapter[MemoryConfig],
    Creates,
    Updates,
    Renames,
    Deletes,
    SetsPasswords,
    ChangesPasswords,
    Gets,
    Searches,
    TracksChanges,
    HasPartitions,
    KeepsMarkers,
):
    def __init__(self, config: MemoryConfig, context: AdapterContext) -> None:
        super().__init__(config, context)
        self.replay = dict.fromkeys(OperationKind, config.replay)  # type: ignore[misc]  # narrowed by configuration
        self.joined_changes = config.joined_changes  # type: ignore[misc]  # as above
        self._key = str(config.file or config.store or context.connector)
        self._store: Store | None = None

    def open(self) -> None:
        store = sharing.enter(self._key, self.config)
        self._store = store
        store.check_reachable()

    def close(self) -> None:
        if self._store is not None:
            self._store = None
            sharing.leave(self._key, self.config)

    def check_alive(self) -> None:
        self._opened().check_reachable()

    def test(self) -> Sequence[str]:
        store = self._opened()
        counts = ", ".join(f"{len(store.anchors(each))} {each}" for each in SCHEMA.object_types)
        return (f"store {self._key} answers", f"it holds {counts}")

    def schema(self) -> Schema:
        self._opened().check_reachable()
        return SCHEMA

    def export(self, batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
        # The benchmark's limit is this loop: it looks up no verb.
        apply = self._apply
        outcomes: dict[OperationId, Outcome] = {}
        for attempt in batch:
            try:
                outcomes[attempt.operation.id] = apply(attempt)
            except BridgeError as error:
                outcomes[attempt.operation.id] = outcome_of(error)
        return outcomes

    def create(self, attempt: Attempt) -> Success:
        return self._apply(attempt)

    def update(self, attempt: Attempt) -> Success:
        return self._apply(attempt)

    def rename(self, attempt: Attempt) -> Success:
        return self._apply(attempt)

    def delete(self, attempt: Attempt) -> Success:
        return self._apply(attempt)

    def set_password(self, attempt: Attempt) -> Success:
        return self._apply(attempt)

    def change_password(self, attempt: Attempt) -> Success:
        return self._apply(attempt)

    def get(self, ref: ObjectRef) -> TargetObject | None:
        return self._opened().get(ref)

    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        store = self._opened()
        tree = query.filter
        anchors = store.anchors(query.object_type)
        for start in range(0, len(anchors), query.page_size):
            page = store.read(anchors[start : start + query.page_size])
            yield page if tree is None else [each for each in page if filters.matches(tree, each)]

    def watermark(self) -> Watermark:
        return self._opened().watermark()

    def changes(self, since: Watermark, page_size: int) -> Iterator[ChangePage]:
        store = self._opened()
        # Taken first: what changes while the pages are read is told again by the next import.
        watermark = store.watermark()
        changed = store.changed(since)
        for start in range(0, len(changed), page_size):
            page = changed[start : start + page_size]
            present = {each.anchor: each for each in store.read([anchor for anchor, _ in page])}
            yield ChangePage([present.get(anchor) or DeletedObject(kind, anchor) for anchor, kind in page])
        yield ChangePage((), watermark)

    def partitions(self) -> Sequence[Partition]:
        return (Partition(self._key, "the whole store"),)

    def applied(self, caller: CallerName, operations: Sequence[OperationId]) -> Mapping[OperationId, Applied]:
        return self._opened().markers(caller, operations)

    def _apply(self, attempt: Attempt) -> Success:
        return self._opened().apply(attempt)

    def _opened(self) -> Store:
        if self._store is None:
            raise ConnectionFailedError(f"store {self._key} is not open")
        return self._store
