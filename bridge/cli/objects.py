"""``ecma-bridge import`` and ``ecma-bridge read``: objects as the target holds them now."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli import documents, watermark
from bridge.cli.connection import with_client
from bridge.cli.console import AsJson, print_fields, print_json, print_line
from bridge.cli.writing import whole_file
from bridge.client import BridgeClient
from bridge.model.errors import ConfigurationError, WatermarkExpiredError
from bridge.model.identity import Anchor, ConnectorName, Name, ObjectRef, ObjectType, Watermark
from bridge.model.objects import Change, TargetObject

Connector = Annotated[str, typer.Argument(metavar="CONNECTOR", help="The connector's name.")]


Print = Callable[[documents.Document], None]


@with_client
def import_objects(
    client: BridgeClient,
    connector: Connector,
    *,
    object_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only this object type; may be given again.")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(
            "--watermark",
            metavar="FILE",
            help="A delta import: only what changed since the run that wrote this file; everything if it is not there.",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JSON lines to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read the objects of a connector: one a line, as JSON into a file or a pipe, as text on a terminal.

    With --watermark the first line tells whether all objects follow ("full") or only those that changed and those
    that were deleted ("delta"). The file is written when everything was; a run that fails changes nothing.
    """
    name = ConnectorName(connector)
    if since is not None and object_type:
        raise ConfigurationError("--type and --watermark exclude each other: a delta import is of every object type")
    with _printing(output, as_json=as_json or not sys.stdout.isatty()) as show:
        if since is None:
            found = client.import_objects(name, [ObjectType(each) for each in object_type or ()])
            summary, reached = _imported(_show_all(found, show), "object"), None
        else:
            summary, reached = _delta(client, name, watermark.read(since, name), show)
    if since is not None and reached is not None:
        watermark.write(since, name, reached)
    typer.echo(summary, err=True)


def _delta(
    client: BridgeClient, connector: ConnectorName, since: Watermark | None, show: Print
) -> tuple[str, Watermark | None]:
    kind = "delta" if since else "full"
    reached = since
    count = 0
    try:
        for number, page in enumerate(client.changes(connector, since)):
            if number == 0:
                show({"import": kind})
            count += _show_all(page.changes, show)
            reached = page.watermark or reached
    except WatermarkExpiredError as error:
        if since is None:
            raise
        typer.echo(f"{error.message}: a full import follows", err=True)
        return _delta(client, connector, None, show)
    return f"{_imported(count, 'change' if since else 'object')} ({kind} import)", reached


def _imported(count: int, what: str) -> str:
    return f"{count} {what if count == 1 else what + 's'} imported"


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


@contextmanager
def _printing(output: Path | None, *, as_json: bool) -> Iterator[Print]:
    if output is not None:
        with whole_file(output) as file:
            yield lambda document: print(json.dumps(document, ensure_ascii=False), file=file)
    else:
        yield print_json if as_json else lambda document: print_line(_line(document))


def _show_all(found: Iterable[Change], show: Print) -> int:
    count = 0
    for count, each in enumerate(found, 1):  # noqa: B007 - the last number is the answer
        show(documents.of_object(each) if isinstance(each, TargetObject) else documents.of_deleted(each))
    return count


def _line(document: documents.Document) -> str:
    match document:
        case {"import": kind}:
            return f"{kind} import"
        case {"deleted": True}:
            return f"{document['object_type']} ({document['anchor']}), deleted"
        case _:
            count = len(document["attributes"])
            return f"{document['object_type']} {document['name']} ({document['anchor']}), {count} attributes"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
