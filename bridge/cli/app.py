"""The commands put together, and the one place where an expected error becomes a sentence and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

import bridge
from bridge.cli import apply, check_config, connectors, demo, journal, objects, operations, serve
from bridge.cli.console import EXIT_UNABLE, complain
from bridge.model.errors import BridgeError

app = typer.Typer(
    name="ecma-bridge",
    help="Provisioning bridge: operations in over gRPC, one effect each in LDAP directories and SQL databases.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("check-config")(check_config.check_config)
app.command("demo")(demo.demo)
app.command("apply")(apply.apply)
app.command("import")(objects.import_objects)
app.command("read")(objects.read)
app.add_typer(operations.app, name="operations")
app.add_typer(connectors.app, name="connectors")
app.add_typer(journal.app, name="journal")


def _version(wanted: bool) -> None:  # noqa: FBT001 - how typer hands over a flag
    if wanted:
        typer.echo(f"ecma-bridge {bridge.__version__}")
        raise typer.Exit


@app.callback()
def _ecma_bridge(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The entry point. Expected errors are one sentence on standard error, never a traceback."""
    try:
        app()
    except* BridgeError as errors:  # one alone, or a group of the service's tasks
        for error in _leaves(errors):
            complain(str(error))
    sys.exit(EXIT_UNABLE)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error
