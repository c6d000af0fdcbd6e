"""``ecma-bridge apply FILE``: send a file of operations, one JSON object a line, and tell what became of each.

The ids are in the file, so the same file may be applied again after any interruption: the bridge answers from its
journal what it has already, and does the rest. A bad line is reported and passed over; the others are still sent.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.cli import documents
from bridge.cli.connection import with_client
from bridge.cli.console import EXIT_REJECTED, EXIT_UNABLE, AsJson, complain, print_json, print_line
from bridge.cli.operations import sentence
from bridge.client import Accepted, BridgeClient, Refused, Settled, StreamEvent
from bridge.model.errors import BridgeError, ConfigurationError, InvalidValueError
from bridge.model.identity import CallerName, OperationId
from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from bridge.wire.json import operation_from_json

_OWN = CallerName("own")
"""The bridge knows its caller by the connection; what stands here is not sent."""


@with_client
def apply(
    client: BridgeClient,
    file: Annotated[Path, typer.Argument(help="Operations, one JSON object a line; - is standard input.")],
    *,
    patience: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for a silent bridge.")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Send a file of operations and wait for every result. Exit code 1 if some were rejected, 2 if lines were bad."""
    with _opened(file) as lines:
        batch = Batch(lines, str(file))
        try:
            for event in _with_progress(client.stream(batch.operations(), patience=patience)):
                batch.tell(event, as_json=as_json)
        except BridgeError:
            complain(f"not finished: {batch.summary()}; apply the same file again to go on")
            raise
        except KeyboardInterrupt:
            complain(f"interrupted; {batch.summary()}; apply the same file again to go on")
            raise
    typer.echo(batch.summary(), err=True)
    if batch.exit_code:
        raise typer.Exit(batch.exit_code)


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    if str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return file.open("rb")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}; give a file of operations") from None


@dataclass(slots=True)
class Batch:
    """One file on its way: which line is which operation, and how many ended how."""

    lines: Iterable[bytes]
    file: str
    bad: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    line_of: dict[OperationId, int] = field(default_factory=dict)

    def operations(self) -> Iterator[Operation]:
        """The operations of the good lines. Read by the stream, a little ahead of the bridge."""
        for number, line in enumerate(self.lines, start=1):
            if not line.strip():
                continue
            try:
                operation = operation_from_json(line.decode("utf-8"), _OWN)
                self._is_new(operation.id)
            except (InvalidValueError, UnicodeError) as error:
                self.bad += 1
                complain(f"{self.file}:{number}: {_reason(error)}")
                continue
            self.line_of[operation.id] = number
            yield operation

    def _is_new(self, operation: OperationId) -> None:
        if operation in self.line_of:
            first = self.line_of[operation]
            raise InvalidValueError(f"id {operation} was used in line {first}; give every operation an id of its own")

    def tell(self, event: StreamEvent, *, as_json: bool) -> None:
        """Print the result of one operation."""
        match event:
            case Accepted():
                pass
            case Settled(status):
                self.counts[status.state] += 1
                self._print(status.id, documents.of_operation(status), sentence(status), as_json=as_json)
            case Refused(operation, error):
                self.counts["refused"] += 1
                document = {"id": operation, "state": "refused", "failure": documents.of_failure(error.failure)}
                self._print(operation, document, f"{operation} refused: {error.message}", as_json=as_json)

    def _print(self, operation: OperationId, document: documents.Document, text: str, *, as_json: bool) -> None:
        line = self.line_of[operation]
        if as_json:
            print_json({"line": line, **document})
        else:
            print_line(f"{line}: {text}")

    def summary(self) -> str:
        """How many ended how."""
        counts = [f"{count} {state}" for state, count in self.counts.items()]
        return ", ".join([*counts, *([f"{self.bad} bad lines"] if self.bad else [])]) or "no operations"

    @property
    def exit_code(self) -> int:
        """2 if lines were bad, 1 if not every operation succeeded."""
        if self.bad:
            return EXIT_UNABLE
        return EXIT_REJECTED if self.counts.total() > self.counts[State.SUCCEEDED] else 0


def _reason(error: InvalidValueError | UnicodeError) -> str:
    return error.message if isinstance(error, InvalidValueError) else "save the file as UTF-8"


def _with_progress(events: Iterator[StreamEvent]) -> Iterator[StreamEvent]:
    """The events; on a terminal with a bar of how many operations have their result."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from events
        return
    columns = (TextColumn("applying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, redirect_stdout=sys.stdout.isatty()) as progress:
        bar = progress.add_task("applying", total=0)
        seen: set[OperationId] = set()
        for event in events:
            seen.add(event.status.id if isinstance(event, Settled) else event.id)
            progress.update(bar, total=len(seen), advance=0 if isinstance(event, Accepted) else 1)
            yield event
