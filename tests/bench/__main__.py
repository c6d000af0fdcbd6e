"""`python -m tests.bench --group core`: measures a group, tells its figures; 1 if one of them misses its target."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping

from tests.bench import core, directories, report
from tests.bench.figure import Figure

GROUPS: Mapping[str, Callable[[], Iterator[Figure]]] = {"core": core.figures, "ldap": directories.figures}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--group", choices=GROUPS, default="core")
    group = parser.parse_args().group
    figures = []
    for figure in GROUPS[group]():
        figures.append(figure)
        sys.stderr.write(f"{figure.name}: {figure.value:,.2f} {figure.unit}\n")
    report.print_table(group, figures)
    report.write(group, figures)
    return int(not all(figure.ok for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
