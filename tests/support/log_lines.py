"""The log of this process as an operator reads it: through the allow-list, a JSON object a line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from bridge.telemetry.logging import configure

Lines = Callable[..., list[dict[str, Any]]]
"""The lines until now: all, or those of one event."""


@contextmanager
def logged(level: str = "info") -> Iterator[Lines]:
    """What is logged until the block ends; the log of before comes back then."""
    root = logging.getLogger()
    handlers, before = list(root.handlers), root.level
    output = io.StringIO()

    def lines(event: str | None = None) -> list[dict[str, Any]]:
        told = [json.loads(line) for line in output.getvalue().splitlines()]
        return [line for line in told if event is None or line["event"] == event]

    configure(level, "json", output)
    try:
        yield lines
    finally:
        structlog.reset_defaults()
        root.handlers, root.level = handlers, before
