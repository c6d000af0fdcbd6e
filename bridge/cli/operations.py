"""``ecma-bridge operations``: what became of operations, and the steps a person may take on them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Annotated

import typer

from bridge.cli import documents
from bridge.cli.connection import with_client
from bridge.cli.console import EXIT_REJECTED, AsJson, print_fields, print_json, print_line, print_table
from bridge.client import BridgeClient
from bridge.model.identity import CallerName, ConnectorName, OperationId, SettleNumber
from bridge.model.lifecycle import FINAL, State
from bridge.model.status import ListOrder, OperationStatus

app = typer.Typer(help="See operations, and retry, cancel or release them.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The operation's id.")]
Connector = Annotated[str | None, typer.Option(metavar="NAME", help="Only of this connector.")]
Caller = Annotated[str | None, typer.Option(metavar="NAME", help="Whose operation it is; without it one's own.")]

_HEADINGS = ("id", "connector", "kind", "object", "state", "attempts", "reason")


@app.command("list")
@with_client
def list_operations(
    client: BridgeClient,
    *,
    connector: Connector = None,
    state: Annotated[list[State] | None, typer.Option(help="Only in this state; may be given again.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    order: Annotated[ListOrder, typer.Option(help="By acceptance; which come first.")] = ListOrder.OLDEST,
    as_json: AsJson = False,
) -> None:
    """List operations; standard error tells if there are more than the limit."""
    name = ConnectorName(connector) if connector else None
    found = client.list(name, state or (), order=order, page_size=min(limit + 1, 500))
    _print_all(islice(found, limit), as_json=as_json)
    if next(found, None) is not None:
        typer.echo(f"there are more than these {limit} ({order} first): raise --limit, or choose by --state", err=True)


@app.command()
@with_client
def show(
    client: BridgeClient,
    operation: Id,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is final, or for 60 seconds.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one operation of one's own. Exit code 1 if it is final and did not succeed."""
    _print_one(client.get(OperationId(operation), wait=wait), as_json=as_json)


@app.command()
@with_client
def watch(
    client: BridgeClient,
    *,
    after: Annotated[int, typer.Option(min=0, help="The last settle number already seen.")] = 0,
    connector: Connector = None,
    until_now: Annotated[bool, typer.Option("--until-now", help="End with what is settled now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print operations as they become final, in the order of their settling; Ctrl-C ends it."""
    name = ConnectorName(connector) if connector else None
    for status in client.watch(SettleNumber(after), name, until_now=until_now):
        if as_json:
            print_json(documents.of_operation(status))
        else:
            print_line(f"{status.settle_number} {sentence(status)}")


@app.command()
@with_client
def retry(client: BridgeClient, operation: Id, *, caller: Caller = None, as_json: AsJson = False) -> None:
    """Try a waiting operation now, or a parked one again from its confirm on."""
    _print_one(client.retry(OperationId(operation), _caller(caller)), as_json=as_json)


@app.command()
@with_client
def cancel(client: BridgeClient, operation: Id, *, caller: Caller = None, as_json: AsJson = False) -> None:
    """Give up an operation that does not run."""
    status = client.cancel(OperationId(operation), _caller(caller))
    if as_json:
        print_json(documents.of_operation(status))
    else:
        print_line(sentence(status))


@app.command()
@with_client
def release(client: BridgeClient, operation: Id, *, caller: Caller = None, as_json: AsJson = False) -> None:
    """Let a staged operation run."""
    _print_one(client.release(OperationId(operation), _caller(caller)), as_json=as_json)


def sentence(status: OperationStatus) -> str:
    """An operation on one line."""
    unchanged = ", was so already" if status.unchanged else ""
    reason = f": {status.failure.message}" if status.failure else ""
    return f"{status.id} {status.connector} {status.kind} {status.target} {status.state}{unchanged}{reason}"


def _caller(name: str | None) -> CallerName | None:
    return CallerName(name) if name else None


def _print_all(found: Iterable[OperationStatus], *, as_json: bool) -> None:
    if as_json:
        for status in found:
            print_json(documents.of_operation(status))
    else:
        print_table(_HEADINGS, map(_row, found), empty="no operations")


def _row(status: OperationStatus) -> tuple[object, ...]:
    reason = status.failure.message if status.failure else ""
    return (status.id, status.connector, status.kind, status.target, status.state, status.attempts, reason)


def _print_one(status: OperationStatus, *, as_json: bool) -> None:
    document = documents.of_operation(status)
    if as_json:
        print_json(document)
    else:
        failure = document.pop("failure", {})
        document |= {"object": status.target, "reason": failure.get("message"), "code": failure.get("code")}
        del document["target"]
        print_fields(document.items())
    if status.state in FINAL and status.state is not State.SUCCEEDED:
        raise typer.Exit(EXIT_REJECTED)
