"""``ecma-bridge apply FILE``: send a file of operations, one JSON object a line, and tell what became of each.

The ids are in the file, so the same file may be applied again after any interruption: the bridge answers from its
journal what it has already, and does the rest. A bad line is reported and passed over; the others are still sent.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from bridge.cli.batch import Batch
from bridge.cli.connection import with_client
from bridge.cli.console import AsJson, complain
from bridge.cli.progress import Reasons, showing, with_pauses
from bridge.client import BridgeClient
from bridge.model.errors import BridgeError, ConfigurationError


class Until(StrEnum):
    """What is waited for."""

    ACCEPTED = "accepted"
    SETTLED = "settled"


@with_client
def apply(
    client: BridgeClient,
    file: Annotated[Path, typer.Argument(help="Operations, one JSON object a line; - is standard input.")],
    *,
    until: Annotated[
        Until, typer.Option(help="Wait until every operation is on the bridge's disk, or until it is final.")
    ] = Until.SETTLED,
    patience: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="How long to try a bridge that is not reached or accepts nothing."),
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Send a file of operations and tell what became of each. docs/api.md shows what stands in the file.

    Exit code 0 if all succeeded (or, with --until accepted, are accepted), 1 if some were refused, rejected or
    cancelled, 2 if lines were bad or the bridge was not reached, 130 after Ctrl-C.
    """
    with _opened(file) as lines:
        batch = Batch(lines, str(file), as_json)
        try:
            _send(client, batch, until, patience)
        except BridgeError:
            complain(f"not finished: {batch.cut_off()}")
            raise
        except KeyboardInterrupt:
            complain(f"interrupted: {batch.cut_off()}")
            raise
    typer.echo(batch.summary(), err=True)
    if batch.exit_code:
        raise typer.Exit(batch.exit_code)


def _send(client: BridgeClient, batch: Batch, until: Until, patience: float) -> None:
    reasons = Reasons(client, batch)
    with showing(batch) as show:
        for event in with_pauses(client.stream(batch.operations(), patience=patience)):
            if event is None:
                reasons.ask()
            else:
                batch.hear(event)
            show(reasons.text)
            if until is Until.ACCEPTED and batch.all_accepted:
                return


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    if str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return file.open("rb")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}; give a file of operations") from None
