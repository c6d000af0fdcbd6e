"""``ecma-bridge check-config``: every fault of a configuration file at once, or the schema for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.console import AsJson, print_json, print_line
from bridge.cli.files import DEFAULT_FILE, load_settings
from bridge.config import Settings
from bridge.config.schema import json_schema
from bridge.host.discovery import find_adapters


def check_config(
    file: Annotated[Path, typer.Argument(help="The configuration file.")] = DEFAULT_FILE,
    *,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema instead, for editors.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a configuration file without opening anything: faults are told with line and fix, exit code 2."""
    if schema:
        typer.echo(json.dumps(json_schema(find_adapters().values()), indent=2))
        return
    settings = load_settings(file)
    if as_json:
        print_json({"file": str(file), "connectors": list(settings.connectors), "callers": _callers(settings)})
    else:
        print_line(
            f"{file}: good; connectors: {', '.join(settings.connectors)}; callers: {', '.join(_callers(settings))}"
        )


def _callers(settings: Settings) -> list[str]:
    return [each.name for each in settings.callers]
