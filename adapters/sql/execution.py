"""Sends the statements of one group: changes of one shape, each with its key. Called by `writer.py` inside a savepoint.

Every count of rows is checked: what touched fewer or more rows than changes raises, and the savepoint undoes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, assert_never

import sqlalchemy as sa

from adapters.sql.action import Action
from adapters.sql.anchors import Key
from adapters.sql.change import Change
from adapters.sql.chunks import chunks
from adapters.sql.client import Client
from adapters.sql.config import OnDelete
from adapters.sql.layout import NAME_BIND, ObjectLayout, TablePlace, key_bind
from adapters.sql.passwords import verifies
from adapters.sql.statements import VALUE_BIND, WANTED_BIND, Statements, wanted_keys
from adapters.sql.steps import Steps
from adapters.sql.translate import PASSWORD_BIND
from bridge.sdk import (
    AmbiguousObjectError,
    Applied,
    ChangePassword,
    DeltaKind,
    OperationKind,
    PasswordRejectedError,
    Rename,
    UnexpectedError,
    UnknownObjectError,
)

Group = Sequence[Change]

Pair = tuple[Key, object]
"""An owner's key, and one value of a multi-valued attribute."""


class Execution:
    def __init__(self, client: Client, statements: Statements) -> None:
        self._client = client
        self._statements = statements
        self._steps = Steps(client, statements)
        self._kinds: Final[Mapping[OperationKind, Callable[[Group], None]]] = {
            OperationKind.CREATE: self._create,
            OperationKind.UPDATE: self._update,
            OperationKind.RENAME: self._rename,
            OperationKind.DELETE: self._delete,
            OperationKind.SET_PASSWORD: self._set_password,
            OperationKind.CHANGE_PASSWORD: self._change_password,
        }

    def run(self, group: Group) -> Sequence[Applied]:
        """What each change came to, in their order. Raises the error of whichever fails."""
        if group[0].action is None:
            self._kinds[group[0].kind](group)
        else:
            self._act(group, group[0].action)
        return [_applied(change) for change in group]

    def _act(self, group: Group, action: Action) -> None:
        """By statements or a procedure; values of many are rows of their tables all the same."""
        for change in group:
            self._steps.run(change, action)
        new = group[0].kind is OperationKind.CREATE
        self._write_tables(group, self._statements.insert_rows if new else self._statements.add_rows)

    def _create(self, group: Group) -> None:
        layout, shape = group[0].layout, (group[0].settings, frozenset(group[0].row))
        parameters = [change.row for change in group]
        if layout.gives_anchor(group[0].row):
            self._client.execute(self._statements.insert(layout, *shape), parameters)
            for change in group:
                change.key = tuple(change.row[bind] for bind in layout.anchor_binds)
        elif self._client.returns_keys:
            _take_keys(group, self._client.rows(self._statements.insert_returning(layout, *shape), parameters))
        else:
            self._client.execute(self._statements.insert(layout, *shape), parameters)
            _take_keys(group, self._found_again(group))
        self._write_tables(group, self._statements.insert_rows)

    def _found_again(self, group: Group) -> Sequence[sa.Row[Any]]:
        """Name and key of the rows that were just made. No other row has their names: `resolution.py` saw to it."""
        layout = group[0].layout
        names = [change.row[NAME_BIND] for change in group]
        statement = self._statements.found_by_name(layout)
        return [row for some in chunks(names) for row in self._client.rows(statement, {WANTED_BIND: list(some)})]

    def _update(self, group: Group) -> None:
        if group[0].settings:
            self._main(group, self._statements.update(group[0].layout, group[0].settings))
        self._write_tables(group, self._statements.add_rows)

    def _rename(self, group: Group) -> None:
        layout = group[0].layout
        self._main(group, self._statements.set_column(layout, layout.name.column, NAME_BIND))

    def _delete(self, group: Group) -> None:
        layout = group[0].layout
        keys = [_key_row(_key(change)) for change in group]
        for place in layout.tables.values():
            if place.on_delete is OnDelete.REMOVE:
                self._client.execute(self._statements.remove_all_rows(place), keys)
        for place in layout.referring:
            if place.on_delete is OnDelete.REMOVE:
                self._client.execute(self._statements.remove_references(place), keys)
        self._main(group, self._statements.delete(layout))

    def _set_password(self, group: Group) -> None:
        layout = group[0].layout
        assert layout.password is not None  # noqa: S101 - translate.py refused it otherwise
        self._main(group, self._statements.set_column(layout, layout.password.column, PASSWORD_BIND))

    def _change_password(self, group: Group) -> None:
        for change in group:
            self._check_old(change)
        self._set_password(group)

    def _check_old(self, change: Change) -> None:
        body, place = change.attempt.operation.body, change.layout.password
        assert isinstance(body, ChangePassword)  # noqa: S101 - the operation's kind says so
        assert place is not None  # noqa: S101 - translate.py refused it otherwise
        rows = self._client.rows(self._statements.password(change.layout, place.column), _key_row(_key(change)))
        if not rows:
            raise UnknownObjectError(f"there is no {change.target}")
        # Sent again after doubt, the change may have taken effect: then the new one stands there.
        sent_again = change.attempt.number > 1 and verifies(body.new, rows[0][0])
        if not sent_again and not verifies(body.old, rows[0][0]):
            raise PasswordRejectedError("the old password is wrong")

    def _main(self, group: Group, statement: sa.Update | sa.Delete) -> None:
        count = self._client.count(statement, [change.row for change in group])
        if count < len(group):
            raise UnknownObjectError(f"there is no {group[0].target}")
        if count > len(group):
            raise AmbiguousObjectError(f"{count} rows would change, not the one of {group[0].target}")

    def _write_tables(self, group: Group, insert: Callable[[TablePlace], sa.Insert]) -> None:
        # Changes of one shape have the same deltas in the same order, which matters within one attribute.
        layout = group[0].layout
        for number, first in enumerate(group[0].tables):
            place = first.place
            keys = [_key(change) for change in group]
            given = [(_key(change), value) for change in group for value in change.tables[number].values]
            by_itself = place.add is None and place.remove is None
            match first.kind:
                case DeltaKind.ADD if by_itself:
                    self._send(insert(place), given)
                case DeltaKind.REMOVE if by_itself:
                    self._send(self._statements.remove_rows(place), given)
                case DeltaKind.ADD:
                    self._add(layout, place, _without(given, self._present(place, keys)))
                case DeltaKind.REMOVE:
                    self._remove(layout, place, [pair for pair in self._present(place, keys) if pair in set(given)])
                case DeltaKind.REPLACE:
                    # Rows that stay are not touched: they may hold more than the value, and triggers may watch them.
                    present = self._present(place, keys)
                    self._remove(layout, place, _without(present, given))
                    self._add(layout, place, _without(given, present))
                case _:
                    assert_never(first.kind)

    def _present(self, place: TablePlace, keys: Sequence[Key]) -> Sequence[Pair]:
        found: dict[Pair, None] = {}
        for some in chunks(keys):
            for row in self._client.rows(self._statements.rows_of(place), wanted_keys(some)):
                found[tuple(row[:-1]), row[-1]] = None
        return list(found)

    def _add(self, layout: ObjectLayout, place: TablePlace, pairs: Sequence[Pair]) -> None:
        if place.add is not None:
            self._steps.each(place.add, layout, pairs)
        else:
            self._send(self._statements.add_rows(place), pairs)

    def _remove(self, layout: ObjectLayout, place: TablePlace, pairs: Sequence[Pair]) -> None:
        if place.remove is not None:
            self._steps.each(place.remove, layout, pairs)
        else:
            self._send(self._statements.remove_rows(place), pairs)

    def _send(self, statement: sa.Insert | sa.Delete, pairs: Sequence[Pair]) -> None:
        if pairs:
            self._client.execute(statement, [{**_key_row(key), VALUE_BIND: value} for key, value in pairs])


def _without(pairs: Sequence[Pair], others: Sequence[Pair]) -> Sequence[Pair]:
    """Each once, in their order."""
    left_out = set(others)
    return [pair for pair in dict.fromkeys(pairs) if pair not in left_out]


def _key(change: Change) -> Key:
    assert change.key is not None  # noqa: S101 - resolution.py or the insert has set it
    return change.key


def _key_row(key: Key) -> dict[str, object]:
    return {key_bind(number): part for number, part in enumerate(key)}


def _take_keys(group: Group, rows: Sequence[sa.Row[Any]]) -> None:
    """The keys that the database made. Rows come back in any order and are told apart by the name."""
    keys: dict[object, Key] = {row[0]: tuple(row[1:]) for row in rows}
    for change in group:
        # A trigger may have changed the name; alone in its group, a change is told from no other.
        key = keys.get(change.row[NAME_BIND]) or (keys.popitem()[1] if len(group) == len(keys) == 1 else None)
        if key is None:
            raise UnexpectedError(f"the database made {len(rows)} rows, none with the name of {change.target}")
        change.key = key


def _applied(change: Change) -> Applied:
    body = change.attempt.operation.body
    return Applied(
        anchor=change.layout.anchor.text(_key(change)),
        name=body.new_name if isinstance(body, Rename) else change.target.name,
    )
