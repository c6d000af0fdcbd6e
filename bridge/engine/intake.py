"""Intake: authorise, validate, find out of which object an operation speaks, and have the journal accept it.

Called by ingress through `Engine.submit`. What is refused here was never journaled; what is accepted is on disk
before the caller hears of it. Comes next: `journal/acceptance`, then the dispatcher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.engine.dispatcher import Dispatcher
from bridge.engine.interface import Settled
from bridge.engine.settlements import Settlements
from bridge.engine.validation import checked
from bridge.host.catalog import Catalog
from bridge.journal import Draft, Entry, Journal, lanes
from bridge.journal.entries import pending_status
from bridge.model import lifecycle
from bridge.model.capabilities import Verb
from bridge.model.errors import BridgeError, Disposition, Scope, UnavailableError
from bridge.model.identity import Caller, ConnectorName
from bridge.model.operations import Operation, OperationKind
from bridge.model.status import OperationStatus

Answer = OperationStatus | BridgeError

RETRY_SECONDS = 10.0

Down = dict[ConnectorName, BridgeError]
"""Connectors whose target failed in this submit: it is not asked again for each of a thousand operations."""


class Intake:
    def __init__(
        self,
        journal: Journal,
        catalog: Catalog,
        dispatchers: Mapping[ConnectorName, Dispatcher],
        settlements: Settlements,
    ) -> None:
        self._journal = journal
        self._catalog = catalog
        self._dispatchers = dispatchers
        self._settlements = settlements

    async def submit(
        self, caller: Caller, operations: Sequence[Operation], settled: Settled | None
    ) -> Sequence[Answer]:
        """One answer for each, in their order."""
        down: Down = {}
        answers: list[Answer | Operation] = [await self._check(caller, each, down) for each in operations]
        sound = [each for each in answers if isinstance(each, Operation)]
        drafts = await self._draft(sound, down)
        accepted = iter(await self._accept([each for each in drafts if isinstance(each, Draft)], settled))
        told = iter([next(accepted) if isinstance(each, Draft) else each for each in drafts])
        return [next(told) if isinstance(each, Operation) else each for each in answers]

    async def _check(self, caller: Caller, operation: Operation, down: Down) -> Operation | BridgeError:
        try:
            connector = self._catalog.granted(caller, operation.connector)
            if operation.connector in down:
                return _refusal(down[operation.connector])
            given = connector.settings.numbered(operation.target.object_type)
            return checked(operation, connector.capabilities, await connector.schema(), given)
        except BridgeError as error:
            return _refusal(_noted(error, operation, down))

    async def _draft(self, operations: Sequence[Operation], down: Down) -> list[Draft | BridgeError]:
        """An object that was never spoken of is looked up, so that all its names and its anchor share one lane."""
        unknown = set()
        if any(each.kind is not OperationKind.CREATE for each in operations):
            keys = {key for each in operations for key in lanes.aliases_of(each).own}
            known = await self._journal.history.known(keys)
            unknown = {id(each) for each in lanes.never_seen(operations, known)}
        return [await self._look_up(each, down) if id(each) in unknown else Draft(each) for each in operations]

    async def _look_up(self, operation: Operation, down: Down) -> Draft | BridgeError:
        connector = self._catalog[operation.connector]
        if Verb.GET not in connector.capabilities.verbs:
            return Draft(operation)
        error = down.get(operation.connector)
        if error is None:
            try:
                found = await connector.reader.get(operation.target)
            except BridgeError as failure:
                error = _noted(failure, operation, down)
            else:
                return Draft(operation, found.ref if found is not None else None)
        # The anchor alone tells which object it is; only a name needs the target to say.
        return Draft(operation) if operation.target.anchor is not None else _refusal(error)

    async def _accept(self, drafts: Sequence[Draft], settled: Settled | None) -> Sequence[Answer]:
        if not drafts:
            return []
        try:
            self._journal.check_room(len(drafts))
            accepted = await self._journal.accept(drafts, self._offer)
        except BridgeError as error:
            return [error] * len(drafts)
        return [self._answer(each, settled) for each in accepted]

    def _offer(self, entries: Sequence[Entry]) -> None:
        shares: dict[ConnectorName, list[Entry]] = {}
        for entry in entries:
            shares.setdefault(entry.operation.connector, []).append(entry)
        for connector, own in shares.items():
            self._dispatchers[connector].offer(own)

    def _answer(self, accepted: Entry | OperationStatus | BridgeError, settled: Settled | None) -> Answer:
        if isinstance(accepted, BridgeError):
            return accepted
        status = pending_status(accepted) if isinstance(accepted, Entry) else accepted
        if settled is not None and status.state not in lifecycle.FINAL:
            self._settlements.listen(status.sequence, settled)
        return status


def _noted(error: BridgeError, operation: Operation, down: Down) -> BridgeError:
    if error.scope is Scope.CONNECTOR:
        down[operation.connector] = error
    return error


def _refusal(error: BridgeError) -> BridgeError:
    """What the target's own state keeps from being checked may work later: nothing was accepted."""
    if error.disposition is Disposition.REJECT:
        return error
    return UnavailableError(
        f"not accepted, as the target has to be asked first: {error.message}",
        retry_after=error.retry_after or RETRY_SECONDS,
    )
