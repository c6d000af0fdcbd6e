"""What commands print: tables for people on a terminal, JSON with ``--json``, errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

EXIT_REJECTED: Final = 1
EXIT_UNABLE: Final = 2

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text for people; lists as one object a line.")]


def complain(text: str) -> None:
    """One sentence of what is wrong and what to do, on standard error."""
    for line in text.splitlines():
        typer.echo(f"error: {_printable(line)}", err=True)


def print_json(document: object) -> None:
    """One object on one line."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def print_line(text: str) -> None:
    """One line for people."""
    sys.stdout.write(f"{_printable(text)}\n")
    sys.stdout.flush()


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table, always with its headings: columns divided by tabs where a program reads.

    On a terminal `empty` is said instead of no rows.
    """
    texts = [[_printable("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in (headings, *texts))
    elif not texts:
        print_line(empty)
    else:
        table = Table(*headings, box=None, pad_edge=False, header_style="bold")
        for row in texts:
            table.add_row(*(escape(cell) for cell in row))
        Console().print(table)


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """One thing, a field a line; what it does not have is left out."""
    for name, value in fields:
        if value not in (None, ""):
            print_line(f"{name:<12} {value}")


def _printable(text: str) -> str:
    """Control characters as escapes: a name from a target must not steer the terminal."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
