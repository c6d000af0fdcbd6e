"""Tells the figures: a table for people, build/bench.json for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.figure import Figure
from tests.bench.scratch import BUILD

FILE = BUILD / "bench.json"


def print_table(group: str, figures: Sequence[Figure]) -> None:
    table = Table("figure", title=f"bench: {group}")
    for column in ("value", "limit", "ratio"):
        table.add_column(column, justify="right")
    for column in ("unit", "target", "ok"):
        table.add_column(column)
    for each in figures:
        limit, ratio = _number(each.limit), _number(each.ratio)
        table.add_row(each.name, _number(each.value), limit, ratio, each.unit, each.wanted, "yes" if each.ok else "NO")
    Console(width=140).print(table)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def write(group: str, figures: Sequence[Figure], file: Path = FILE) -> None:
    """Replaces this group's figures in the file; those of other groups stay."""
    others = [each for each in _written(file) if each["group"] != group]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([*others, *(_record(group, each) for each in figures)], indent=2) + "\n")


def _written(file: Path) -> list[dict[str, object]]:
    return json.loads(file.read_text()) if file.exists() else []


def _record(group: str, each: Figure) -> dict[str, object]:
    return {
        "group": group,
        "name": each.name,
        "value": each.value,
        "unit": each.unit,
        "limit": each.limit,
        "ratio": each.ratio,
        "target": each.wanted,
        "ok": each.ok,
    }
