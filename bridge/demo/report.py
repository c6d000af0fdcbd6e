"""What the person in front of the screen sees: progress on a terminal, tables, and what differs.

Used by `scenario`. Where no terminal is, progress is a plain line now and then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bridge.demo.comparison import Content, Difference, DifferenceKind
from bridge.demo.tally import Crash, Tally
from bridge.model.identity import ConnectorName

_WIDTH: Final = 100
"""Columns, where the output is no terminal."""
_STEPS: Final = 5
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target, compared."""

    connector: ConnectorName
    expected: Content
    found: Content
    differences: Sequence[Difference]


class Report:
    """`agreed` is true once all was compared and nothing differs."""

    def __init__(self) -> None:
        self.agreed = False
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = _WIDTH

    def say(self, text: str) -> None:
        self._console.print(_printable(text), markup=False, soft_wrap=True)

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[int], None]]:
        """Give the number of results so far to what this yields."""
        if not self._console.is_terminal:
            yield _Lines(total, self.say).tell
            return
        columns = (TextColumn("operations"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as progress:
            bar = progress.add_task("operations", total=total)
            yield lambda done: progress.update(bar, completed=done)

    def operations(self, tally: Tally) -> None:
        """What was asked, and what the bridge answered."""
        table = _table("Operations", "kind", "asked", "succeeded", "turned down")
        counts = tally.counts()
        for kind, counted in counts.items():
            _row(table, kind, counted)
        _row(table, "all", sum(counts.values(), Counter[str]()))
        self._console.print(table)
        rate = len(tally.answers) / tally.seconds
        self.say(f"{len(tally.answers)} results in {tally.seconds:.1f} s, crash included: {rate:.0f} a second")
        for operation, code in tally.turned_down.items():
            if (answer := tally.answers.get(operation)) and answer.code == code:
                self.say(f"  turned down as it had to be: {answer.message}")
        if tally.crash is not None:
            self._tell_crash(tally.crash, tally)

    def _tell_crash(self, crash: Crash, tally: Tally) -> None:
        resent = sum(tally.answers[each].attempts > 1 for each in crash.in_doubt if each in tally.answers)
        done = len(crash.in_doubt) - resent
        self.say(
            f"SIGKILL after {crash.after} results; the bridge answered again {crash.restart_seconds:.1f} s after its"
            f" restart. {len(crash.in_doubt)} calls were in doubt: {done} proved done when the target was read back,"
            f" {resent} were sent again."
        )

    def conclude(self, verdicts: Sequence[Verdict], problems: Sequence[str]) -> None:
        """The comparison, and whether all agrees."""
        table = _table("Targets", "connector", "what", "asked", "found", "agree", "differ")
        for verdict in verdicts:
            _verdict_rows(table, verdict)
        self._console.print(table)
        differences = [*problems, *(f"{each.connector}: {what}" for each in verdicts for what in each.differences)]
        for each in differences[:_SHOWN]:
            self.say(f"  {each}")
        if len(differences) > _SHOWN:
            self.say(f"  and {len(differences) - _SHOWN} more")
        self.agreed = not differences
        self.say("All agree: every operation took effect exactly once." if self.agreed else "NOT all agree.")


class _Lines:
    """Progress for a log: a line for each fifth."""

    def __init__(self, total: int, say: Callable[[str], None]) -> None:
        self._total = total
        self._say = say
        self._told = 0

    def tell(self, done: int) -> None:
        step = done * _STEPS // self._total
        if step > self._told:
            self._told = step
            self._say(f"{done} of {self._total} operations have their result")


def _table(title: str, first: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column(first)
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "what" else "right")
    return table


def _row(table: Table, kind: str, counted: Counter[str]) -> None:
    table.add_row(kind, *(str(counted[each]) for each in ("asked", "succeeded", "turned down")))


def _verdict_rows(table: Table, verdict: Verdict) -> None:
    expected = Counter(each.object_type for each in verdict.expected.objects)
    found = Counter(each.object_type for each in verdict.found.objects)
    wrong = [each for each in verdict.differences if each.kind is not DifferenceKind.WRITTEN]
    for object_type in sorted(expected | found):
        differ = len({each.name for each in wrong if each.object_type == object_type})
        _compared(table, verdict.connector, f"{object_type} objects", expected[object_type], found[object_type], differ)
    asked, done = verdict.expected.writes.total(), verdict.found.writes.total()
    differ = len(verdict.differences) - len(wrong)
    _compared(table, verdict.connector, "writes, by the target's own record", asked, done, differ)


def _compared(table: Table, connector: str, what: str, asked: int, found: int, differ: int) -> None:
    agree = max(0, min(asked, found) - differ)
    style = "red" if differ else "green"
    table.add_row(escape(connector), what, str(asked), str(found), str(agree), f"[{style}]{differ}[/]")


def _printable(text: str) -> str:
    """Control characters as escapes: a name must not steer the terminal."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
