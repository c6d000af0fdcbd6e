"""Operations: what a caller asks for. One kind, one body class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bridge.model.attributes import AttributeDelta, Attributes
from bridge.model.identity import CallerName, ConnectorName, Name, ObjectRef, OperationId
from bridge.model.objects import TargetObject
from bridge.model.secrets import Secret


class OperationKind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    RENAME = "rename"
    DELETE = "delete"
    SET_PASSWORD = "set_password"  # noqa: S105 - the name of a verb
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - the name of a verb


@dataclass(frozen=True, slots=True)
class Create:
    """Make the object that `Operation.target` names, with these attributes."""

    kind: ClassVar = OperationKind.CREATE
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Update:
    """Change attributes by deltas, in one step: all of them or none."""

    kind: ClassVar = OperationKind.UPDATE
    deltas: tuple[AttributeDelta, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """Give the object a new name; in a hierarchical target this also moves it."""

    kind: ClassVar = OperationKind.RENAME
    new_name: Name


@dataclass(frozen=True, slots=True)
class Delete:
    kind: ClassVar = OperationKind.DELETE


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Set the password as an administrator does."""

    kind: ClassVar = OperationKind.SET_PASSWORD
    password: Secret


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Change the password as its owner does: the old one is checked by the target."""

    kind: ClassVar = OperationKind.CHANGE_PASSWORD
    old: Secret
    new: Secret


Body = Create | Update | Rename | Delete | SetPassword | ChangePassword


@dataclass(frozen=True, slots=True)
class Operation:
    """One requested change of one object of one connector.

    `id` is made by the caller, unique among that caller's operations for as long as the journal keeps them.
    """

    id: OperationId
    caller: CallerName
    connector: ConnectorName
    target: ObjectRef
    body: Body

    @property
    def kind(self) -> OperationKind:
        return self.body.kind


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one operation, as an adapter receives it.

    `observed` is None for a plain write. After doubt it is the object as the confirm read it (create: None, as it
    was absent), and `conditional` is True: the adapter writes only if that is still the target's state, and raises
    PreconditionError if not.
    """

    operation: Operation
    number: int = 1
    conditional: bool = False
    observed: TargetObject | None = None
