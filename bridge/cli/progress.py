"""How far ``ecma-bridge apply`` is, on standard error: live on a terminal, else a line when something changes.

While nothing becomes final, the bridge is asked why operations wait: for their object, behind another operation on
it, or for the whole connector.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.cli.batch import Batch
from bridge.client import BridgeClient, BridgeError, CallerName, ConnectorName, ListOrder, ObjectRef, OperationStatus
from bridge.model.lifecycle import State
from bridge.model.status import Health

QUIET_SECONDS: Final = 1.0
_LINE_SECONDS: Final = 10.0
_ASKED: Final = 1_000
"""So many operations are looked through for those of the batch."""
_NAMED: Final = 3
"""So many operations are named behind which others wait."""
_HELD: Final = {
    State.WAITING: "waiting",
    State.UNCERTAIN: "being read back",
    State.CONFIRMING: "being read back",
    State.STAGED: "staged",
    State.PARKED: "parked until a person decides (ecma-bridge operations list --state parked)",
}

EventT = TypeVar("EventT")
Show = Callable[[str], None]


def with_pauses(events: Iterator[EventT]) -> Iterator[EventT | None]:
    """The events, read in a thread; None whenever none came for a second."""
    arrived: queue.Queue[tuple[EventT | None, BaseException | None]] = queue.Queue(_ASKED)

    def read() -> None:
        try:
            for event in events:
                arrived.put((event, None))
            arrived.put((None, StopIteration()))
        except BaseException as error:  # noqa: BLE001 - handed over, not swallowed: it is raised below
            arrived.put((None, error))

    threading.Thread(target=read, name="apply-events", daemon=True).start()
    while True:
        try:
            event, end = arrived.get(timeout=QUIET_SECONDS)
        except queue.Empty:
            yield None
            continue
        if isinstance(end, StopIteration):
            return
        if end is not None:
            raise end
        yield event


class Reasons:
    """Why operations of the batch wait, as the bridge told it last."""

    def __init__(self, client: BridgeClient, batch: Batch) -> None:
        self._client = client
        self._batch = batch
        self._caller: CallerName | None = None
        self.text = ""

    def ask(self) -> None:
        """Does nothing while the bridge is not reached: the stream tells of that."""
        try:
            self.text = self._ask() if self._batch.open else ""
        except BridgeError:
            self.text = ""

    def _ask(self) -> str:
        held = self._newest(_HELD)
        own = [each for each in held if self._is_own(each)]
        found: dict[str, Counter[str]] = {}
        for each in own:
            code = each.failure.code if each.failure else "no reason told"
            found.setdefault(_HELD[each.state], Counter())[code] += 1
        told = [f"{how}: {_counts(codes)}" for how, codes in sorted(found.items())]
        return "; ".join([*told, *self._behind(held), *self._connectors()])

    def _newest(self, states: Iterable[State]) -> list[OperationStatus]:
        return list(islice(self._client.list(states=states, order=ListOrder.NEWEST), _ASKED))

    def _is_own(self, status: OperationStatus) -> bool:
        """Two callers may use the same id."""
        mine = self._batch.open
        self._caller = self._caller or self._client.get(next(iter(mine))).caller
        return status.id in mine and status.caller == self._caller

    def _behind(self, held: Sequence[OperationStatus]) -> Iterator[str]:
        """Operations that have not begun, as another one of their object, perhaps another caller's, is not final."""
        ahead: dict[tuple[ConnectorName, ObjectRef], OperationStatus] = {}
        for each in held:
            ahead[each.connector, each.target] = each  # the newest stand first, so the oldest stays: all wait for it
        if not ahead:
            return
        followers = Counter(
            first.id
            for each in self._newest([State.ACCEPTED])
            if (first := ahead.get((each.connector, each.target))) and self._is_own(each)
        )
        states = {each.id: each.state for each in ahead.values()}
        for operation, count in sorted(followers.items())[:_NAMED]:
            yield f"behind operation {operation} of the same object, which is {states[operation]}: {count}"

    def _connectors(self) -> Iterator[str]:
        """The connectors to which nothing goes now."""
        concerned = self._batch.connectors()
        for each in self._client.connectors():
            if each.name in concerned and each.health is not Health.OK:
                yield f"connector {each.name} is {each.health}: {each.reason or 'it is being opened'}"


def _counts(codes: Counter[str]) -> str:
    return ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))


@contextmanager
def showing(batch: Batch) -> Iterator[Show]:
    """Gives what is to be called with the reasons after each event and each pause."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(batch)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, redirect_stdout=sys.stdout.isatty()) as bars:
        bar = bars.add_task("applying", total=0)

        def show(reasons: str) -> None:
            text = "; ".join(filter(None, [batch.progress(), reasons]))
            bars.update(bar, total=len(batch.line_of), completed=batch.ended.total(), description=text)

        yield show


def _lines(batch: Batch) -> Show:
    told, since = "", time.monotonic()  # an operation that is being tried has no reason: that is no change

    def show(reasons: str) -> None:
        nonlocal told, since
        if (reasons and reasons != told) or time.monotonic() - since >= _LINE_SECONDS:
            told, since = reasons or told, time.monotonic()
            typer.echo("; ".join(filter(None, [batch.progress(), reasons])), err=True)

    return show
