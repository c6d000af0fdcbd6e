"""A file of operations on its way through ``ecma-bridge apply``: which line is which operation, what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import assert_never

from bridge.cli import documents
from bridge.cli.console import EXIT_REJECTED, EXIT_UNABLE, complain, print_json, print_line
from bridge.cli.operations import sentence
from bridge.client import Accepted, Paused, Refused, Settled, StreamEvent
from bridge.client.operation import SENDER
from bridge.model.errors import InvalidValueError
from bridge.model.identity import ConnectorName, OperationId
from bridge.model.lifecycle import State
from bridge.model.operations import Operation
from bridge.wire.json import operation_from_json

_REFUSED = "refused"


@dataclass(slots=True)
class Batch:
    """`operations` is read by the stream's thread, a little ahead of the bridge; the rest belongs to the command's."""

    lines: Iterable[bytes]
    file: str
    as_json: bool
    bad: int = 0
    read: int = 0
    """Lines read so far."""
    whole: bool = False
    """Whether all lines were read."""
    line_of: dict[OperationId, int] = field(default_factory=dict)
    connector_of: dict[OperationId, ConnectorName] = field(default_factory=dict)
    """Of those that are not final."""
    open: dict[OperationId, None] = field(default_factory=dict)
    """Accepted and not final, in the order of acceptance."""
    ended: Counter[str] = field(default_factory=Counter)
    ended_ids: set[OperationId] = field(default_factory=set)

    def operations(self) -> Iterator[Operation]:
        """The operations of the good lines; a bad one is told and passed over."""
        for line in self.lines:
            self.read += 1
            operation = self._operation(line) if line.strip() else None
            if operation is not None:
                self.connector_of[operation.id] = operation.connector
                self.line_of[operation.id] = self.read
                yield operation
        self.whole = True

    def _operation(self, line: bytes) -> Operation | None:
        try:
            operation = operation_from_json(line.decode("utf-8"), SENDER)
            self._check_new(operation.id)
        except (InvalidValueError, UnicodeError) as error:
            self.bad += 1
            complain(f"{self.file}:{self.read}: {_reason(error)}")
            return None
        return operation

    def _check_new(self, operation: OperationId) -> None:
        if operation in self.line_of:
            first = self.line_of[operation]
            raise InvalidValueError(f"id {operation} was used in line {first}; give every operation an id of its own")

    def hear(self, event: StreamEvent) -> None:
        """Count what became of an operation, and print it once it is final or refused."""
        match event:
            case Accepted(operation):
                if operation not in self.ended_ids:  # the result may be told before the receipt
                    self.open[operation] = None
            case Settled(status):
                self._end(status.id, status.state)
                self._print(status.id, documents.of_operation(status), sentence(status))
            case Refused(operation, error):
                self._end(operation, _REFUSED)
                document = {"id": operation, "state": _REFUSED, "failure": documents.of_failure(error.failure)}
                self._print(operation, document, f"{operation} {_REFUSED}: {error.message}")
            case Paused(error, seconds):
                complain(f"{error.message}; it is tried again for {seconds:g} s")
            case _:
                assert_never(event)

    def _end(self, operation: OperationId, how: str) -> None:
        self.open.pop(operation, None)
        self.connector_of.pop(operation, None)
        self.ended_ids.add(operation)
        self.ended[how] += 1

    def _print(self, operation: OperationId, document: documents.Document, text: str) -> None:
        line = self.line_of[operation]
        if self.as_json:
            print_json({"line": line, **document})
        else:
            print_line(f"{line}: {text}")

    @property
    def all_accepted(self) -> bool:
        """Whether no operation is still on its way to the bridge."""
        return self.whole and len(self.line_of) == len(self.open) + self.ended.total()

    def connectors(self) -> frozenset[ConnectorName]:
        """Those for which operations are accepted and not final."""
        return frozenset(self.connector_of[each] for each in self.open)

    def progress(self) -> str:
        """How far it is."""
        final = self.ended.total() - self.ended[_REFUSED]
        told = f"{len(self.open) + final} accepted, {final} final"
        return told + (f", {self.ended[_REFUSED]} refused" if self.ended[_REFUSED] else "")

    def summary(self) -> str:
        """What it came to, of a whole file."""
        counts = [f"{count} {how}" for how, count in self.ended.items() if count]
        counts += [f"{len(self.open)} accepted, not final yet"] if self.open else []
        counts += [f"{self.bad} bad {'line' if self.bad == 1 else 'lines'}"] if self.bad else []
        return ", ".join(counts) or f"{self.file} is empty: there is nothing to apply"

    def cut_off(self) -> str:
        """What it came to before it was broken off, and how to go on."""
        unknown = len(self.line_of) - len(self.open) - self.ended.total()
        told = [self.progress() if self.open or self.ended else "nothing was accepted"]
        told += [f"{unknown} sent or to be sent, with no answer"] if unknown else []
        told += [] if self.whole else [f"lines after {self.read} not read"]
        fix = "apply the same file again to go on: the same ids are done once"
        watch = "what was accepted goes on without this command (ecma-bridge operations watch); " if self.open else ""
        return f"{', '.join(told)}; {watch}{fix}"

    @property
    def exit_code(self) -> int:
        """2 if lines were bad, 1 if an operation was refused, or is final and did not succeed."""
        if self.bad:
            return EXIT_UNABLE
        return EXIT_REJECTED if self.ended.total() > self.ended[State.SUCCEEDED] else 0


def _reason(error: InvalidValueError | UnicodeError) -> str:
    return error.message if isinstance(error, InvalidValueError) else "is not UTF-8; save the file as UTF-8"
