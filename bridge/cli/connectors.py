"""``ecma-bridge connectors``: the connectors this caller may use, their health, and what their targets look like."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bridge.cli import documents
from bridge.cli.connection import with_client
from bridge.cli.console import EXIT_REJECTED, AsJson, print_fields, print_json, print_line, print_table
from bridge.client import BridgeClient
from bridge.model.errors import BridgeError, Disposition
from bridge.model.identity import ConnectorName
from bridge.model.schema import AttributeSchema, Mutability
from bridge.model.status import ConnectorStatus

app = typer.Typer(help="See connectors, test them, read their targets' schema.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="CONNECTOR", help="The connector's name.")]

_HEADINGS = ("name", "adapter", "health", "waiting", "parked", "reason")


@app.command("list")
@with_client
def list_connectors(client: BridgeClient, *, as_json: AsJson = False) -> None:
    """List the connectors and their health."""
    found = client.connectors()
    if as_json:
        for status in found:
            print_json(documents.of_connector(status))
    else:
        print_table(_HEADINGS, map(_row, found), empty="no connectors; the configuration grants this caller none")


@app.command()
@with_client
def show(client: BridgeClient, connector: Name, *, as_json: AsJson = False) -> None:
    """Show what a connector offers and what waits for it."""
    document = _document(client, ConnectorName(connector))
    if as_json:
        print_json(document)
        return
    backlog = ", ".join(f"{count} {state}" for state, count in document.pop("backlog").items() if count)
    if "verbs" in document:
        replay = ", ".join(f"{kind}: {how}" for kind, how in document.pop("replay").items())
        partitions = ", ".join(each["name"] for each in document.pop("partitions"))
        lists = {name: ", ".join(document.pop(name)) for name in ("verbs", "object_types")}
        document |= lists | {"replay": replay, "partitions": partitions}
    print_fields((document | {"backlog": backlog or "none"}).items())


def _document(client: BridgeClient, connector: ConnectorName) -> dict[str, Any]:
    """What it offers, or how it fares, where its target cannot say what it offers."""
    try:
        return documents.of_description(client.describe(connector))
    except BridgeError as error:
        if error.disposition is not Disposition.RETRY:
            raise
        status = next((each for each in client.connectors() if each.name == connector), None)
        if status is None:
            raise
        return documents.of_connector(status)


@app.command("test")
@with_client
def check(client: BridgeClient, connector: Name, *, as_json: AsJson = False) -> None:
    """Connect and check, thoroughly; lifts a hold if all is well. Exit code 1 if it is not."""
    report = client.test(ConnectorName(connector))
    if as_json:
        print_json({"connector": connector, "ok": report.ok, "checks": list(report.checks)})
    else:
        for check in report.checks:
            print_line(check)
        print_line("good" if report.ok else "failed")
    if not report.ok:
        raise typer.Exit(EXIT_REJECTED)


@app.command()
@with_client
def schema(client: BridgeClient, connector: Name, *, as_json: AsJson = False) -> None:
    """Show the target's object types and attributes."""
    for object_type in client.describe(ConnectorName(connector)).schema.object_types.values():
        if as_json:
            print_json(documents.of_object_type(object_type))
            continue
        print_line(f"{object_type.name} (name: {object_type.naming})")
        rows = ((each.name, each.type, _traits(each), each.description) for each in object_type.attributes.values())
        print_table(("attribute", "type", "traits", "description"), rows, empty="no attributes")


def _row(status: ConnectorStatus) -> tuple[object, ...]:
    backlog = status.backlog
    waiting = backlog.accepted + backlog.running + backlog.waiting + backlog.not_ready + backlog.uncertain
    return (status.name, status.adapter, status.health, waiting, backlog.parked, status.reason)


def _traits(schema: AttributeSchema) -> str:
    traits = {
        "required": schema.required,
        "many": schema.multi_valued,
        str(schema.mutability): schema.mutability is not Mutability.READ_WRITE,
        "sensitive": schema.sensitive,
        f"at most {schema.max_length}": schema.max_length is not None,
    }
    return ", ".join(name for name, has in traits.items() if has)
