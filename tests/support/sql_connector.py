"""Drives an SQL connector in tests: opens it, sends operations, tells outcomes in their order."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, cast

from adapters.sql import ADAPTER
from bridge.sdk import (
    AdapterContext,
    Attempt,
    AttributeDelta,
    Body,
    CallerName,
    ConnectorName,
    Create,
    DeltaKind,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    Query,
    Secret,
    TargetObject,
    Update,
    Value,
    Values,
    filters,
    new_operation_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.sql.adapter import SqlAdapter
    from bridge.sdk import Outcome

CONNECTOR = ConnectorName("people")


def user(name: str) -> ObjectRef:
    return ObjectRef(ObjectType("user"), name=Name(name))


def group(name: str) -> ObjectRef:
    return ObjectRef(ObjectType("group"), name=Name(name))


def attempt(target: ObjectRef, body: Body, *, caller: str = "hr") -> Attempt:
    return Attempt(Operation(new_operation_id(), CallerName(caller), CONNECTOR, target, body))


def create(target: ObjectRef, **attributes: Values) -> Attempt:
    return attempt(target, Create(attributes))


def change(target: ObjectRef, attribute: str, kind: DeltaKind, *values: Value) -> Attempt:
    return attempt(target, Update((AttributeDelta(attribute, kind, values),)))


def replace(target: ObjectRef, attribute: str, *values: Value) -> Attempt:
    return change(target, attribute, DeltaKind.REPLACE, *values)


class SqlConnector:
    """An open connector."""

    def __init__(self, settings: Mapping[str, Any], password: str = "") -> None:
        config = ADAPTER.load_config().model_validate(dict(settings))
        context = AdapterContext(CONNECTOR, lambda _reference: Secret(password))
        self.adapter = cast("SqlAdapter", ADAPTER.load_adapter()(config, context))

    def send(self, *attempts: Attempt) -> list[Outcome]:
        outcomes = self.adapter.export(attempts)
        assert len(outcomes) == len(attempts)
        return [outcomes[each.operation.id] for each in attempts]

    def one(self, attempt: Attempt) -> Outcome:
        return self.send(attempt)[0]

    def read(self, ref: ObjectRef) -> TargetObject:
        found = self.adapter.get(ref)
        assert found is not None
        return found

    def found(self, object_type: str, tree: filters.Filter | None = None, page_size: int = 2) -> list[TargetObject]:
        pages = self.adapter.search(Query(ObjectType(object_type), tree, page_size))
        return [each for page in pages for each in page]


@contextlib.contextmanager
def opened(settings: Mapping[str, Any], password: str = "") -> Iterator[SqlConnector]:
    connector = SqlConnector(settings, password)
    try:
        connector.adapter.open()
        yield connector
    finally:
        connector.adapter.close()
