"""What a caller asks for, written down twice: as operations for the bridge, and as what must come of them.

`workload` asks; the second account is kept with plain dictionaries and knows nowanted of the bridge. It also counts
each write, so that an operation carried out twice is seen where the end state would hide it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, assert_never

from bridge.demo.comparison import Content, Holding, Write
from bridge.model.attributes import AttributeDelta, DeltaKind, Value, Values
from bridge.model.errors import BridgeError
from bridge.model.identity import CallerName, ConnectorName, Name, ObjectRef, ObjectType, OperationId
from bridge.model.operations import Body, Create, Delete, Operation, Rename, SetPassword, Update
from bridge.model.secrets import Secret

CALLER: Final = CallerName("demo")
USER: Final = ObjectType("user")
GROUP: Final = ObjectType("group")
MEMBER: Final = "member"
PASSWORD: Final = "password"  # noqa: S105 - the name of an attribute
AS_ASKED: Final = "as asked"
"""Stands for a password in a `Holding`: the target keeps a hash, and its reader verifies that."""


@dataclass(eq=False, slots=True)
class Wanted:
    """One object as it must be by now. A reference holds the other one itself, so that a rename needs no search."""

    object_type: ObjectType
    name: Name
    attributes: dict[str, dict[Plain, None]] = field(default_factory=dict)
    password: Secret | None = None

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.object_type, name=self.name)


Plain = str | bool | Wanted
"""A value on our side of the account."""


class Cascade(StrEnum):
    """Whether a target's record of changes tells of the values that go when an object is deleted."""

    RECORDED = "recorded"
    SILENT = "silent"


class Form(Protocol):
    """How one target names wanteds and counts its writes."""

    @property
    def connector(self) -> ConnectorName: ...

    @property
    def one_by_one(self) -> frozenset[str]:
        """Attributes whose values are written one by one, each with a record of its own."""

    @property
    def cascade(self) -> Cascade: ...

    def plain(self, name: str) -> str:
        """A name as it is compared: one spelling for all that mean the same."""


class Ledger:
    """Operations in waves. A wave is sent when the one before has settled: it may rely on what that did."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.waves: list[list[Operation]] = [[]]
        self.turned_down: dict[OperationId, str] = {}
        """Operations that must not succeed, and the code with which they fail."""
        self._wanted: dict[Wanted, None] = {}
        self._writes: Counter[Write] = Counter()
        self._number = 0

    def next_wave(self) -> None:
        self.waves.append([])

    def create(self, wanted: Wanted, attributes: Mapping[str, Iterable[Plain]]) -> None:
        wanted.attributes.update({key: dict.fromkeys(each) for key, each in attributes.items()})
        self._send(wanted.ref, Create({key: _values(each) for key, each in wanted.attributes.items()}))
        self._wanted[wanted] = None
        self._count(wanted, "create")
        for attribute in self.form.one_by_one & attributes.keys():
            self._count_values(wanted, attribute, "+", wanted.attributes[attribute])

    def change(self, wanted: Wanted, attribute: str, kind: DeltaKind, *values: Plain) -> None:
        self._send(wanted.ref, Update((AttributeDelta(attribute, kind, _values(values)),)))
        before = wanted.attributes.get(attribute, {})
        after = _changed(before, kind, values)
        wanted.attributes[attribute] = after
        if attribute in self.form.one_by_one:
            self._count_values(wanted, attribute, "-", (each for each in before if each not in after))
            self._count_values(wanted, attribute, "+", (each for each in after if each not in before))
        else:
            self._count(wanted, "change")

    def rename(self, wanted: Wanted, name: Name) -> None:
        self._send(wanted.ref, Rename(name))
        wanted.name = name
        self._count(wanted, "rename")

    def set_password(self, wanted: Wanted, password: Secret) -> None:
        self._send(wanted.ref, SetPassword(password))
        wanted.password = password
        self._count(wanted, PASSWORD)

    def delete(self, wanted: Wanted) -> None:
        """Its own values go, and every reference to it."""
        self._send(wanted.ref, Delete())
        for attribute, values in wanted.attributes.items():
            self._cascade(wanted, attribute, values)
        for other in self._wanted:
            for attribute, values in other.attributes.items():
                if wanted in values:
                    del values[wanted]
                    self._cascade(other, attribute, (wanted,))
        self._count(wanted, "delete")
        del self._wanted[wanted]

    def ask_in_vain(self, target: ObjectRef, body: Body, error: type[BridgeError]) -> None:
        """An operation that has to be turned down with this error, and must leave no trace."""
        self.turned_down[self._send(target, body)] = error.code

    def expected(self) -> Content:
        """What the target must hold when all operations are done."""
        return Content(tuple(self._holding(each) for each in self._wanted), +self._writes)

    def passwords(self) -> Mapping[tuple[str, str], Secret]:
        """By object type and name."""
        return {(each.object_type, self._name(each)): each.password for each in self._wanted if each.password}

    def _send(self, target: ObjectRef, body: Body) -> OperationId:
        self._number += 1
        operation = OperationId(f"demo-{self.form.connector}-{self._number:06}")
        self.waves[-1].append(Operation(operation, CALLER, self.form.connector, target, body))
        return operation

    def _holding(self, wanted: Wanted) -> Holding:
        values = {key: tuple(sorted(self._texts(each))) for key, each in wanted.attributes.items() if each}
        if wanted.password is not None:
            values[PASSWORD] = (AS_ASKED,)
        return Holding(wanted.object_type, self._name(wanted), values)

    def _count(self, wanted: Wanted, what: str) -> None:
        self._writes[Write(wanted.object_type, self._name(wanted), what)] += 1

    def _count_values(self, wanted: Wanted, attribute: str, sign: str, values: Iterable[Plain]) -> None:
        for text in self._texts(values):
            self._count(wanted, f"{attribute} {sign} {text}")

    def _cascade(self, wanted: Wanted, attribute: str, values: Iterable[Plain]) -> None:
        if attribute in self.form.one_by_one and self.form.cascade is Cascade.RECORDED:
            self._count_values(wanted, attribute, "-", values)

    def _texts(self, values: Iterable[Plain]) -> Iterator[str]:
        for value in values:
            match value:
                case Wanted():
                    yield self._name(value)
                case bool():
                    yield str(value).lower()
                case str():
                    yield value
                case _:
                    assert_never(value)

    def _name(self, wanted: Wanted) -> str:
        return self.form.plain(wanted.name)


def _changed(before: Mapping[Plain, None], kind: DeltaKind, values: Iterable[Plain]) -> dict[Plain, None]:
    given = dict.fromkeys(values)
    match kind:
        case DeltaKind.ADD:
            return {**before, **given}
        case DeltaKind.REMOVE:
            return {each: None for each in before if each not in given}
        case DeltaKind.REPLACE:
            return given
    assert_never(kind)


def _values(values: Iterable[Plain]) -> Values:
    return tuple(_value(each) for each in values)


def _value(value: Plain) -> Value:
    return value.ref if isinstance(value, Wanted) else value
