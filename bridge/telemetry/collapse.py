"""The end of a process that has no memory left: at once, and with a code that is not 0.

A crash is safe, recovery goes on from what is on disk. A part that died in silence beside others that live is not: it
would take operations and never send them. So memory that runs out anywhere but in an adapter, and a thread that ends
by an error, end the process. `service` sets the traps; `ingress` tells of calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from typing import Any, NoReturn

from bridge.telemetry import logging

EXIT_FAILED = 1


def collapse(error: BaseException) -> NoReturn:
    """End the process here. Nothing is tidied up: that would need memory."""
    # The line may fail for the same want; the exit code tells enough.
    with contextlib.suppress(BaseException):
        logging.get_logger().critical("collapsed", error=error)
    os._exit(EXIT_FAILED)


def set_traps(loop: asyncio.AbstractEventLoop) -> None:
    """For errors that nobody awaits: in threads, in callbacks of the loop, and in what Python cannot raise."""
    loop.set_exception_handler(_in_callback)
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable


def _in_callback(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if isinstance(context.get("exception"), MemoryError):
        collapse(context["exception"])
    loop.default_exception_handler(context)


def _in_thread(thread: threading.ExceptHookArgs) -> None:
    collapse(thread.exc_value or SystemExit())


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    if isinstance(what.exc_value, MemoryError):
        collapse(what.exc_value)
    sys.__unraisablehook__(what)
