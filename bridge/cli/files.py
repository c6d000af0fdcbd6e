"""The configuration file, as commands are given it, read with the adapters that are installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from bridge.config import Settings, load
from bridge.config.problems import nearest_name
from bridge.host.discovery import find_adapters
from bridge.model.errors import ConfigurationError
from bridge.sdk.spec import AdapterSpec

DEFAULT_FILE: Final = Path("/etc/ecma-bridge/bridge.yaml")

ConfigFile = Annotated[Path | None, typer.Option(metavar="FILE", help="The bridge's configuration file.")]


def load_settings(file: Path, specs: Mapping[str, AdapterSpec] | None = None) -> Settings:
    """The settings of the file. ConfigurationError tells all that is wrong."""
    known = find_adapters() if specs is None else specs

    def resolve(name: str) -> AdapterSpec:
        if name not in known:
            raise ConfigurationError(f"no adapter has this name; {nearest_name(name, known)}")
        return known[name]

    return load(file, resolve)
