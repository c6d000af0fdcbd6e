"""``ecma-bridge import`` and ``ecma-bridge read``: objects as the target holds them now."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli import documents
from bridge.cli.connection import with_client
from bridge.cli.console import AsJson, print_fields, print_json, print_line
from bridge.cli.writing import whole_file
from bridge.client import BridgeClient
from bridge.model.identity import Anchor, ConnectorName, Name, ObjectRef, ObjectType
from bridge.model.objects import TargetObject

Connector = Annotated[str, typer.Argument(metavar="CONNECTOR", help="The connector's name.")]


@with_client
def import_objects(
    client: BridgeClient,
    connector: Connector,
    *,
    object_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only this object type; may be given again.")
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JSON lines to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read every object of a connector: one a line, as JSON into a file or a pipe, as text on a terminal."""
    found = client.import_objects(ConnectorName(connector), [ObjectType(each) for each in object_type or ()])
    count = _write(found, output) if output else _print(found, as_json=as_json or not sys.stdout.isatty())
    typer.echo(f"{count} objects imported", err=True)


@with_client
def read(
    client: BridgeClient,
    connector: Connector,
    object_type: Annotated[str, typer.Argument(metavar="TYPE", help="The object type.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The object's name, or its anchor with --anchor.")],
    *,
    anchor: Annotated[bool, typer.Option("--anchor", help="NAME is the anchor.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read one object from the target."""
    kind = ObjectType(object_type)
    ref = ObjectRef(kind, anchor=Anchor(name)) if anchor else ObjectRef(kind, name=Name(name))
    document = documents.of_object(client.read(ConnectorName(connector), ref))
    if as_json:
        print_json(document)
    else:
        attributes = document.pop("attributes")
        print_fields(document.items())
        print_fields((each, ", ".join(map(_text, values))) for each, values in attributes.items())


def _write(found: Iterable[TargetObject], output: Path) -> int:
    count = 0
    with whole_file(output) as file:
        for each in found:
            file.write(json.dumps(documents.of_object(each), ensure_ascii=False) + "\n")
            count += 1
    return count


def _print(found: Iterable[TargetObject], *, as_json: bool) -> int:
    count = 0
    for each in found:
        if as_json:
            print_json(documents.of_object(each))
        else:
            print_line(f"{each.object_type} {each.name} ({each.anchor}), {len(each.attributes)} attributes")
        count += 1
    return count


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
