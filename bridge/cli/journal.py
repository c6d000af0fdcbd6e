"""``ecma-bridge journal``: what an administrator does with the journal's files.

`restore` and `release` refuse while a bridge has the journal open.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.console import EXIT_REJECTED, AsJson, print_json, print_line
from bridge.cli.files import ConfigFile, load_settings
from bridge.cli.writing import whole_file
from bridge.config import JournalSettings
from bridge.journal import disk, maintenance

app = typer.Typer(help="Check, export, back up and restore the journal.", no_args_is_help=True)

Directory = Annotated[
    Path | None,
    # `readable` would refuse it before we can tell whose it is.
    typer.Option(
        metavar="DIR", readable=False, help="The journal's directory; without it the one that --config names."
    ),
]


@contextmanager
def _directory(path: Path | None, config: Path | None) -> Iterator[Path]:
    """The journal's directory; what the system refuses there is told in a sentence."""
    if path is None:
        path = JournalSettings().path if config is None else load_settings(config).journal.path
    with disk.told(path):
        yield path


@app.command()
def check(*, path: Directory = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Verify the file, the audit chain and every content. Exit code 1 if something is wrong."""
    with _directory(path, config) as directory:
        report = maintenance.check(directory)
    if as_json:
        print_json({
            "problems": list(report.problems),
            "operations": report.operations,
            "audit_records": report.audit_records,
        })  # fmt: skip
    else:
        for problem in report.problems:
            print_line(f"problem: {problem}")
        verdict = f"{len(report.problems)} problems" if report.problems else "sound"
        print_line(f"{verdict}: {report.operations} operations, {report.audit_records} audit records")
    if report.problems:
        raise typer.Exit(EXIT_REJECTED)


@app.command()
def export(
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to; without it standard output.")] = None,
    *,
    path: Directory = None,
    config: ConfigFile = None,
) -> None:
    """Write every operation as one line of JSON, without its secrets."""
    with _directory(path, config) as directory, whole_file(output) if output else nullcontext(sys.stdout) as target:
        written = maintenance.export(directory, target)
    typer.echo(f"{written} operations exported", err=True)


@app.command()
def backup(
    destination: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    *,
    path: Directory = None,
    config: ConfigFile = None,
) -> None:
    """Make a consistent copy, also while the bridge runs. The keys of sealed secrets stay behind."""
    with _directory(path, config) as directory:
        maintenance.backup(directory, destination)
    typer.echo(f"backed up to {destination}", err=True)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A file made by backup.")],
    *,
    path: Directory = None,
    config: ConfigFile = None,
) -> None:
    """Put a backup in the journal's place; what was there is kept beside it. The bridge must not run."""
    with _directory(path, config) as directory:
        aside = maintenance.restore(source, directory)
    kept = f"; what was there is in {aside}" if aside else ""
    typer.echo(f"restored{kept}; start the bridge: it reconciles; then run: ecma-bridge journal release", err=True)


@app.command()
def release(*, path: Directory = None, config: ConfigFile = None) -> None:
    """End the reconciling of a restored journal: the next start accepts operations again."""
    with _directory(path, config) as directory:
        maintenance.release(directory)
    typer.echo("released; the next start accepts operations", err=True)
