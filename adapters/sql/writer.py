"""Carries out a batch of attempts in one transaction. Called by `adapter.py`; `execution.py` sends the statements.

Changes of one shape run together inside one savepoint: one statement with many sets of parameters, and one for their
markers. If a group fails it is undone and halved, until the change that is to blame stands alone; so one bad
operation never sinks the others, and good ones cost little. Outcomes are told after the COMMIT only.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from adapters.sql.action import Means
from adapters.sql.change import Change
from adapters.sql.client import Client
from adapters.sql.dialect import Intent
from adapters.sql.execution import Execution
from adapters.sql.layout import Layouts
from adapters.sql.lookup import Lookup
from adapters.sql.markers import Marked, MarkerTable
from adapters.sql.resolution import Answer, Answers, resolve
from adapters.sql.statements import Statements
from adapters.sql.translate import change_of
from bridge.sdk import (
    AlreadyExistsError,
    Applied,
    Attempt,
    BridgeError,
    Create,
    InvalidValueError,
    NotReadyError,
    ObjectRef,
    OperationId,
    OperationKind,
    PreconditionError,
    Rename,
    Scope,
    ThrottledError,
    Unchanged,
    UnknownObjectError,
)

_TRIES: Final = 4
_PAUSE: Final = 0.02
"""Seconds before a transaction that lost to another one is tried again, doubled each time, and jittered."""

_OF_ONE_OBJECT: Final = (AlreadyExistsError, InvalidValueError, NotReadyError, PreconditionError)
"""What a constraint checked at the commit can come to; one change of the batch is to blame."""


class Writer:
    def __init__(self, client: Client, layouts: Layouts, statements: Statements, markers: MarkerTable | None) -> None:
        self._client = client
        self._layouts = layouts
        self._lookup = Lookup(client, layouts, statements)
        self._execution = Execution(client, statements)
        self._markers = markers

    def write(self, attempts: Sequence[Attempt]) -> Mapping[OperationId, Answer]:
        """An answer for each attempt, none left out."""
        answers: Answers = {}
        changes: list[Change] = []
        for attempt in attempts:
            try:
                changes.append(change_of(attempt, self._layouts))
            except BridgeError as error:
                answers[attempt.operation.id] = error
        together = [change for change in changes if not _is_call(change)]
        if together:
            answers.update(self._settled(together))
        for change in filter(_is_call, changes):
            # A procedure may end the transaction, which is no other change's business.
            answers.update(self._settled([change]))
        return answers

    def _settled(self, changes: Sequence[Change]) -> Answers:
        try:
            return self._retried(changes)
        except _OF_ONE_OBJECT as error:
            if len(changes) == 1:
                return {_id(changes[0]): self._explained_later(changes[0], error)}
            # The database checked at the commit and does not say for which row: each in its own transaction.
            return {_id(change): self._settled([change])[_id(change)] for change in changes}
        except BridgeError as error:
            return dict.fromkeys(map(_id, changes), error)

    def _retried(self, changes: Sequence[Change]) -> Answers:
        for number in range(_TRIES - 1):
            try:
                return self._transaction(changes)
            except ThrottledError:
                # A deadlock is undone as a whole, so it is done again as a whole.
                time.sleep(_PAUSE * 2**number * random.uniform(0.5, 1.5))  # noqa: S311 - jitter is no secret
        return self._transaction(changes)

    def _transaction(self, changes: Sequence[Change]) -> Answers:
        answers: Answers = {}
        with self._client.transaction(Intent.WRITE):
            for group in _groups(resolve(changes, self._lookup, answers)):
                self._carry_out(group, answers)
            self._recognise(changes, answers)
        return answers

    def _carry_out(self, group: Sequence[Change], answers: Answers) -> None:
        try:
            with self._client.savepoint():
                applied = self._called(group[0]) if _is_call(group[0]) else self._executed(group)
        except BridgeError as error:
            if isinstance(error, ThrottledError) or error.scope is Scope.CONNECTOR:
                raise
            if len(group) == 1:
                answers[_id(group[0])] = self._explained(group[0], error)
                return
            middle = len(group) // 2
            self._carry_out(group[:middle], answers)
            self._carry_out(group[middle:], answers)
        else:
            answers.update(zip(map(_id, group), applied, strict=True))

    def _executed(self, group: Sequence[Change]) -> Sequence[Applied]:
        applied = self._execution.run(group)
        self._mark(group, applied)
        return applied

    def _called(self, change: Change) -> Sequence[Applied]:
        """The marker comes first, so that a procedure with a COMMIT of its own commits both at once."""
        self._mark([change], [Applied()])
        applied = self._execution.run([change])
        if self._markers is not None:
            self._markers.complete(_mark_of(change), applied[0].anchor)
        return applied

    def _mark(self, group: Sequence[Change], applied: Sequence[Applied]) -> None:
        if self._markers is not None:
            marked = zip(map(_mark_of, group), applied, strict=True)
            self._markers.write({mark: each.anchor for mark, each in marked})

    def _recognise(self, changes: Sequence[Change], answers: Answers) -> None:
        """What failed because it took effect before, and was sent again, did take effect: its marker tells."""
        failed = [change for change in changes if isinstance(answers[_id(change)], BridgeError)]
        if self._markers is None or not failed:
            return
        applied = self._markers.applied([_id(change) for change in failed])
        for change in failed:
            if _mark_of(change) in applied:
                answers[_id(change)] = applied[_mark_of(change)]

    def _explained_later(self, change: Change, error: BridgeError) -> Answer:
        """The same after the transaction has ended."""
        try:
            with self._client.transaction(Intent.READ):
                return self._explained(change, error)
        except BridgeError:
            return error

    def _explained(self, change: Change, error: BridgeError) -> Answer:
        """The error in the words of the object: which attribute, which object stands in the way."""
        attributes = change.layout.attributes_of(error.attributes)
        match error:
            case UnknownObjectError() if change.kind is OperationKind.DELETE:
                return Unchanged()
            case AlreadyExistsError() if error.anchor is None:
                return self._conflict(change, error, attributes)
            case InvalidValueError():
                return InvalidValueError(error.message, attributes=attributes)
        return error

    def _conflict(self, change: Change, error: BridgeError, attributes: tuple[str, ...]) -> BridgeError:
        body = change.attempt.operation.body
        name = body.new_name if isinstance(body, Rename) else change.target.name
        if not isinstance(body, (Create, Rename)) or name is None:
            return AlreadyExistsError(error.message, attributes=attributes)
        ref = ObjectRef(change.layout.object_type, name=name)
        keys = self._lookup.find([ref])[ref]
        if not keys:
            return AlreadyExistsError(error.message, attributes=attributes)
        return AlreadyExistsError(f"{ref} already exists", anchor=change.layout.anchor.text(keys[0]))


def _is_call(change: Change) -> bool:
    return any(action.means is Means.PROCEDURE for action in change.actions)


def _id(change: Change) -> OperationId:
    return change.attempt.operation.id


def _mark_of(change: Change) -> Marked:
    return change.attempt.operation.id, change.attempt.operation.caller


def _groups(changes: Sequence[Change]) -> Iterable[Sequence[Change]]:
    by_shape: defaultdict[object, list[Change]] = defaultdict(list)
    for change in changes:
        by_shape[change.shape].append(change)
    return by_shape.values()
