"""``ecma-bridge serve``: run the service until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.files import DEFAULT_FILE, load_settings
from bridge.host.discovery import find_adapters
from bridge.model.errors import ConfigurationError
from bridge.telemetry import failpoints


def serve(
    config: Annotated[Path, typer.Option(metavar="FILE", help="The configuration file.")] = DEFAULT_FILE,
    crash_at: Annotated[str | None, typer.Option(hidden=True, metavar="POINT[:N]")] = None,
) -> None:
    """Run the bridge until SIGTERM or Ctrl-C, then finish what runs and end."""
    specs = find_adapters()
    settings = load_settings(config, specs)
    if crash_at is not None:
        _arm(crash_at)
    from bridge import service  # noqa: PLC0415 - the service's libraries cost a client command its quick start

    raise typer.Exit(service.run(settings, specs))


def _arm(crash_at: str) -> None:
    try:
        failpoints.arm(crash_at)
    except ValueError:
        known = ", ".join(failpoints.CrashPoint)
        raise ConfigurationError(f"--crash-at: give POINT or POINT:N, the point one of {known}") from None
