"""The file in which ``ecma-bridge import --watermark`` keeps where it ended. It is written when all else was."""

from __future__ import annotations

import json
from pathlib import Path

from bridge.cli.writing import whole_file
from bridge.model.errors import ConfigurationError
from bridge.model.identity import ConnectorName, Watermark

_FIX = "name the file of this connector, or remove it for a full import"


def read(path: Path, connector: ConnectorName) -> Watermark | None:
    """None if there is no file yet; ConfigurationError if it is none of ours, or another connector's."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        named, watermark = kept["connector"], kept["watermark"]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"watermark file {path} cannot be read: {error.strerror}; {_FIX}") from None
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f"{path} is not a watermark file; {_FIX}") from None
    if named != connector or not isinstance(watermark, str):
        raise ConfigurationError(f"{path} is the watermark of connector {named!r}, not {connector!r}; {_FIX}")
    return Watermark(watermark)


def write(path: Path, connector: ConnectorName, watermark: Watermark) -> None:
    with whole_file(path) as file:
        file.write(json.dumps({"connector": connector, "watermark": watermark}) + "\n")
