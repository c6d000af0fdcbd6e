"""Carries out one change by its statements or its procedure. Called by `execution.py` inside a savepoint.

What the operation does not say is bound to what the object has: its row is read first, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adapters.sql.action import Action, Means, Step
from adapters.sql.anchors import Key
from adapters.sql.change import Change, Clear
from adapters.sql.client import Client
from adapters.sql.layout import NAME_BIND, ColumnPlace, ObjectLayout, key_bind
from adapters.sql.modes import Rows
from adapters.sql.parameters import NAME, NEW_NAME, OLD_PASSWORD, PASSWORD, VALUE, anchor_parameters
from adapters.sql.statements import WANTED_BIND, Statements
from bridge.sdk import (
    AmbiguousObjectError,
    Anchor,
    ChangePassword,
    ConnectionBrokenError,
    ConnectionFailedError,
    OperationKind,
    PasswordRejectedError,
    PreconditionError,
    SetPassword,
    UnknownObjectError,
)

_PASSWORDS = (OperationKind.SET_PASSWORD, OperationKind.CHANGE_PASSWORD)

Result = Mapping[Any, Any]
"""One row, by column."""


class Steps:
    def __init__(self, client: Client, statements: Statements) -> None:
        self._client = client
        self._statements = statements

    def run(self, change: Change, action: Action) -> None:
        """All steps that the change needs; for a create also the new key. PreconditionError if a count is wrong."""
        current = None if change.kind is OperationKind.CREATE else self._current(change, action)
        values = dict(_values(change, action, current))
        results = [self._step(step, values, change) for step in action.steps if _is_needed(step, change)]
        if change.kind is OperationKind.CREATE:
            change.key = self._new_key(change, action, [row for rows in results for row in rows])

    def each(self, action: Action, layout: ObjectLayout, pairs: Iterable[tuple[Key, object]]) -> None:
        """Add, or remove, each value of many."""
        for key, value in pairs:
            bound = {VALUE: value, **dict(zip(anchor_parameters(layout.anchor), key, strict=True))}
            for step in action.steps:
                count, _ = self._send(step, bound)
                if step.rows is Rows.ONE and count != 1:
                    raise PreconditionError(f"{step.where} touched {count} rows, not one; `rows: any` allows that")

    def _current(self, change: Change, action: Action) -> Result:
        statement = self._statements.current(change.layout, action.attributes)
        count, rows = self._client.carried_out(statement, change.row)
        if not rows:
            raise UnknownObjectError(f"there is no {change.target}")
        if count > 1:
            raise AmbiguousObjectError(f"{count} rows have the anchor of {change.target}")
        return rows[0]

    def _step(self, step: Step, values: Mapping[str, object], change: Change) -> Sequence[Result]:
        try:
            count, rows = self._send(step, values)
        except PreconditionError as error:
            if change.kind not in _PASSWORDS:
                raise
            raise PasswordRejectedError(f"the database refused the password: {error.message}") from None
        if step.rows is Rows.ONE and count != 1:
            raise _wrong_count(step, change, count)
        return rows

    def _send(self, step: Step, values: Mapping[str, object]) -> tuple[int, Sequence[Result]]:
        try:
            return self._client.carried_out(step.statement, {name: values[name] for name in step.parameters})
        except ConnectionFailedError as error:
            if step.means is Means.STATEMENTS:
                raise
            # It may have committed by itself before.
            raise ConnectionBrokenError(f"{error.message}; whether the procedure took effect is not known") from None

    def _new_key(self, change: Change, action: Action, results: Sequence[Result]) -> Key:
        layout = change.layout
        if action.anchor_from is not None:
            return _told(action, action.anchor_from, results, change)
        if layout.gives_anchor(change.row):
            return tuple(change.row[bind] for bind in layout.anchor_binds)
        found = self._client.rows(self._statements.found_by_name(layout), {WANTED_BIND: [change.row[NAME_BIND]]})
        if len(found) != 1:
            raise PreconditionError(
                f"{action.where}: {len(found)} rows have the new name afterwards, not one; say `anchor_from`"
            )
        return tuple(found[0][1:])


def _is_needed(step: Step, change: Change) -> bool:
    """Of an update: a statement of attributes only if one of them changes."""
    if change.kind is not OperationKind.UPDATE or not step.attributes:
        return True
    changed = {each.attribute if isinstance(each, Clear) else each for each in change.settings}
    return not step.attributes.isdisjoint(changed)


def _wrong_count(step: Step, change: Change, count: int) -> Exception:
    message = f"{step.where} touched {count} rows of {change.target}, not one; `rows: any` allows that"
    if count > 1:
        return AmbiguousObjectError(message)
    if change.kind is OperationKind.CHANGE_PASSWORD:
        return PasswordRejectedError("the old password is wrong")
    return PreconditionError(message)


def _told(action: Action, columns: tuple[str, ...], results: Sequence[Result], change: Change) -> Key:
    rows = [row for row in results if all(each in row for each in columns)]
    key = None
    if len(rows) == 1:
        text = change.layout.anchor.text([rows[0][each] for each in columns])
        key = change.layout.anchor.key(Anchor(text))
    if key is None:
        wanted = ", ".join(columns)
        raise PreconditionError(f"{action.where}.anchor_from: {len(rows)} rows told {wanted}, not one with an anchor")
    return key


def _values(change: Change, action: Action, current: Result | None) -> Iterator[tuple[str, object]]:
    layout, body = change.layout, change.attempt.operation.body
    for attribute in action.attributes:
        place = layout.columns[attribute]
        yield attribute, change.row.get(place.bind) if current is None else _value(change, place, current)
    binds = layout.anchor_binds if current is None else [key_bind(n) for n, _ in enumerate(layout.anchor_binds)]
    for parameter, bind in zip(anchor_parameters(layout.anchor), binds, strict=True):
        yield parameter, change.row.get(bind)
    yield NAME, change.row[NAME_BIND] if current is None else current[NAME_BIND]
    yield NEW_NAME, change.row.get(NAME_BIND)
    if isinstance(body, SetPassword):
        yield PASSWORD, body.password.reveal()
    if isinstance(body, ChangePassword):
        yield PASSWORD, body.new.reveal()
        yield OLD_PASSWORD, body.old.reveal()


def _value(change: Change, place: ColumnPlace, current: Result) -> object:
    """What the update sets the attribute to, or else what it is."""
    held = current[place.bind]
    for setting in change.settings:
        if setting == place.attribute:
            return change.row[place.bind]
        if isinstance(setting, Clear) and setting.attribute == place.attribute:
            removed = [change.row[f"{place.bind}_{number}"] for number in range(setting.count)]
            return None if any(_same(place, held, each) for each in removed) else held
    return held


def _same(place: ColumnPlace, one: Any, other: Any) -> bool:
    """Whether two stored values are the same one, also where the driver gives it otherwise than it takes it."""
    if one is None or other is None:
        return False
    return place.codec.decode(one) == place.codec.decode(other)
