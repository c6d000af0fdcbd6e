"""The SPI of SQL databases: one short method for each thing a target can do. Called by the host.

Writes go to `writer.py`, reads to `reader.py`; `session.py` holds what is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from typing_extensions import override

from adapters.sql.change_reader import ChangeReader
from adapters.sql.config import Markers, SqlConfig
from adapters.sql.report import report
from adapters.sql.schema import schema_of
from adapters.sql.session import Session
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
    Replay,
    Schema,
    Scope,
    Searches,
    SetsPasswords,
    Success,
    TargetObject,
    TracksChanges,
    UnsupportedError,
    Updates,
    Verb,
    Watermark,
    outcome_of,
)

_PASSWORDS: Final = (Verb.SET_PASSWORD, Verb.CHANGE_PASSWORD)


class SqlAdapter(
    Adapter[SqlConfig],
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
    """One connection to one database."""

    def __init__(self, config: SqlConfig, context: AdapterContext) -> None:
        super().__init__(config, context)
        self._session: Session | None = None
        if config.markers is not Markers.NONE:
            # `capabilities_of` lets an instance narrow it; without markers the default stands: PROBE.
            self.replay = dict.fromkeys(OperationKind, Replay.MARKER)  # type: ignore[misc]  # see above

    @override
    def withheld(self) -> frozenset[Verb]:
        offered: set[str] = set()
        for each in self.config.object_types.values():
            offered.update(kind.value for kind in each.operations.by_kind)
            if each.password is not None:
                offered.update(_PASSWORDS)
        refused = frozenset(verb for verb in _PASSWORDS if verb.value not in offered)
        return refused if self.config.tells_changes else refused | {Verb.CHANGES}

    @property
    def _open(self) -> Session:
        if self._session is None:
            raise ConnectionFailedError("the connector is not open")
        return self._session

    @override
    def open(self) -> None:
        reference = self.config.password
        self._session = Session(self.config, self.context.resolve_secret(reference) if reference else None)

    @override
    def close(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None

    @override
    def check_alive(self) -> None:
        self._open.check_alive()

    @override
    def test(self) -> Sequence[str]:
        return report(self._open)

    @override
    def schema(self) -> Schema:
        return schema_of(self._open.layouts)

    @override
    def partitions(self) -> Sequence[Partition]:
        schemas = {layout.table.table.schema for layout in self._open.layouts.values()}
        return [Partition(each or self._open.default_schema, "database schema") for each in sorted(schemas, key=str)]

    @override
    def export(self, batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
        if self._session is None:
            self.open()
        answers = self._open.writer.write(batch)
        if any(isinstance(answer, BridgeError) and answer.scope is Scope.CONNECTOR for answer in answers.values()):
            # Lost, or the tables are no longer as they were read at opening: the next batch opens anew.
            self.close()
        return {
            operation: outcome_of(answer) if isinstance(answer, BridgeError) else answer
            for operation, answer in answers.items()
        }

    @override
    def create(self, attempt: Attempt) -> Success:
        return self._alone(attempt)

    @override
    def update(self, attempt: Attempt) -> Success:
        return self._alone(attempt)

    @override
    def rename(self, attempt: Attempt) -> Success:
        return self._alone(attempt)

    @override
    def delete(self, attempt: Attempt) -> Success:
        return self._alone(attempt)

    @override
    def set_password(self, attempt: Attempt) -> Success:
        return self._alone(attempt)

    @override
    def change_password(self, attempt: Attempt) -> Success:
        return self._alone(attempt)

    def _alone(self, attempt: Attempt) -> Success:
        answer = self._open.writer.write([attempt])[attempt.operation.id]
        if isinstance(answer, BridgeError):
            raise answer
        return answer

    @override
    def get(self, ref: ObjectRef) -> TargetObject | None:
        return self._open.reader.get(ref)

    @override
    def search(self, query: Query) -> Iterator[Sequence[TargetObject]]:
        return self._open.reader.search(query)

    @override
    def watermark(self) -> Watermark:
        return self._changes.watermark()

    @override
    def changes(self, since: Watermark, page_size: int) -> Iterator[ChangePage]:
        return self._changes.changes(since, page_size)

    @property
    def _changes(self) -> ChangeReader:
        if not self.config.tells_changes:
            raise UnsupportedError("no delta import is configured: give every object type `changes`")
        return self._open.changes

    @override
    def applied(self, caller: CallerName, operations: Sequence[OperationId]) -> Mapping[OperationId, Applied]:
        markers = self._open.markers
        return {} if markers is None else markers.told(caller, operations)
