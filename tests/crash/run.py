"""The long run: ``python -m tests.crash.run --cycles 1000 [--target ldap]``. Exit code 1 if anything was violated.

Cycles go in rounds: each has a new journal and a new seed, and ends with a judgement, so that a violation is found
near its cause. Without ``--target`` the rounds go from target to target.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

from tests.crash.making import MAKERS
from tests.crash.ordeal import Ordeal, Report
from tests.crash.targets.target import Target

ROUND = 50
"""Cycles between two judgements."""

IN_TURN = ("ldap", "postgresql", "sqlite")


def main() -> int:
    options = _options()
    names = [options.target] if options.target else list(IN_TURN)
    reports: list[tuple[str, Report]] = []
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="ecma-bridge-crash-"))
        targets = {name: stack.enter_context(MAKERS[name](_below(home, name))) for name in names}
        done = 0
        for name in cycle(names):
            cycles = min(ROUND, options.cycles - done)
            report = _round(home, targets[name], options.seed + done, cycles)
            reports.append((name, report))
            done += cycles
            if done >= options.cycles:
                break
    clean = all(report.clean for _, report in reports)
    _table(reports)
    if clean:
        shutil.rmtree(home)
    else:
        _say(f"what the violating rounds left is in {home}")
    return int(not clean)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--target", choices=sorted(MAKERS))
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _below(home: Path, name: str) -> Path:
    directory = home / name
    directory.mkdir(mode=0o700)
    return directory


def _round(home: Path, target: Target, seed: int, cycles: int) -> Report:
    begun = time.monotonic()
    directory = _below(home, f"round-{seed}")
    report = Ordeal(directory, target, seed).run(cycles)
    seconds = time.monotonic() - begun
    done = f"{cycles} cycles, {report.operations} operations, {seconds:.0f} s"
    _say(f"{target.name}, seed {seed}: {done}: {report.verdict}")
    if report.clean:
        shutil.rmtree(directory)
    return report


def _table(reports: list[tuple[str, Report]]) -> None:
    deaths: Counter[str] = Counter()
    for _, report in reports:
        deaths.update(report.deaths)
    _say("\ntarget       rounds  operations  lost  twice  reordered  untrue")
    for name in dict.fromkeys(name for name, _ in reports):
        own = [report for each, report in reports if each == name]
        lost, twice, reordered, untrue = (
            sum(len(getattr(report.verdict, kind)) for report in own)
            for kind in ("lost", "twice", "reordered", "untrue")
        )
        operations = sum(report.operations for report in own)
        _say(f"{name:<12} {len(own):>6}  {operations:>10}  {lost:>4}  {twice:>5}  {reordered:>9}  {untrue:>6}")
    _say("killed at: " + ", ".join(f"{point} {count}" for point, count in sorted(deaths.items())))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
