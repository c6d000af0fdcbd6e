"""The log: one event a line, JSON or text, for operators. The audit trail is `telemetry/audit.py`.

`service.run` configures it once; every stage asks `get_logger`. An allow-list says what may be written:
a field that is not in `FIELDS` is left out, and text of drivers and libraries never gets in, because it
may hold passwords, connection strings or people's data.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from bridge.model.errors import BridgeError
from bridge.model.secrets import Secret
from bridge.telemetry.stream import LineStream

# fmt: off
FIELDS: Final = frozenset({
    "adapter", "address", "after", "attempt", "caller", "code", "connector", "count",
    "deadline_seconds", "directory", "error", "failed", "health", "kind", "library", "method",
    "next", "number", "object_type", "operation", "path", "pending", "pid", "reason", "retry_after",
    "seconds", "settle_number", "signal", "since", "state", "status", "version", "waited", "worker",
})
# fmt: on
"""Every field that a line may have beside `time`, `level` and `event`. None holds content of an object."""

_EVENT: Final = re.compile(r"[a-z][a-z0-9_]*")
_TRACE_DEPTH: Final = 20
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Layout(StrEnum):
    """How a line is written."""

    JSON = "json"
    TEXT = "text"


def configure(level: str, layout: str, output: TextIO = sys.stderr) -> None:
    """Set up the log of this process. `level` is debug, info, warning or error; `layout` is json or text."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, _clean, _stamp, _renderer(Layout(layout), output)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", LineStream(output))),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Libraries()], level=max(logging.WARNING, _number(level)), force=True)


def close() -> None:
    """Let go of the log: what a full disk has kept in a buffer is dropped, and is no failure of the process."""
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def get_logger() -> FilteringBoundLogger:
    """A logger. Its events are stable keys such as ``connector_opened``; what varies goes into fields."""
    return cast("FilteringBoundLogger", structlog.get_logger())


class _Libraries(logging.Handler):
    """What libraries log: that they did, and where, without their words."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        place = f"{record.module}:{record.lineno}"
        get_logger().log(record.levelno, "library_logged", library=record.name, path=place, error=error)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _renderer(layout: Layout, output: TextIO) -> Processor:
    match layout:
        case Layout.JSON:
            return structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False)
        case Layout.TEXT:
            return structlog.dev.ConsoleRenderer(colors=output.isatty(), timestamp_key="time")


_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")


def _clean(_: object, __: str, entry: EventDict) -> EventDict:
    """The entry with what the allow-list lets through, in a form that stays on one line."""
    event = str(entry.pop("event", ""))
    cleaned: dict[str, Any] = {
        "event": event if _EVENT.fullmatch(event) else "unnamed_event",
        "level": entry.pop("level"),
    }
    given = entry.pop("error", None)
    error = _exception(entry.pop("exc_info", None)) or given
    if isinstance(error, BaseException):
        cleaned |= _told(error)
    elif isinstance(error, str) and error.isidentifier():  # the name of a class, not the text of one
        cleaned["error"] = error
    elif error is not None:
        cleaned["error"] = f"<{type(error).__qualname__}>"
    cleaned |= {name: _shown(value) for name, value in entry.items() if name in FIELDS and value is not None}
    omitted = sorted(name for name in entry if name not in FIELDS)
    return cleaned | {"omitted": [_one_line(name) for name in omitted]} if omitted else cleaned


def _exception(given: Any) -> BaseException | None:
    """The exception that a call's `exc_info` means."""
    match given:
        case BaseException():
            return given
        case (_, BaseException() as error, _):
            return error
        case None | False:
            return None
        case _:
            return sys.exception()


def _told(error: BaseException) -> dict[str, Any]:
    """An exception without the words of others: our own message, class names, and lines of code."""
    told: dict[str, Any] = {"error": type(error).__qualname__}
    if isinstance(error, BridgeError):
        told |= {"code": error.code, "message": _one_line(error.message)}
    causes = [type(each).__qualname__ for each in _causes(error)]
    if causes:
        told["causes"] = causes
    if error.__traceback__ is not None and not isinstance(error, BridgeError):
        told["trace"] = list(_frames(error.__traceback__))[-_TRACE_DEPTH:]
    return told


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _frames(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        yield f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno} {code.co_name}"
        traceback = traceback.tb_next


def _shown(value: object) -> object:
    match value:
        case Secret():
            return "***"
        case bool() | int() | float():
            return value
        case str():
            return _one_line(value)
        case tuple() | list() | frozenset() | set():
            return [_shown(each) for each in value]
        case _ if type(value).__module__ == "pathlib" or hasattr(value, "__fspath__"):
            return _one_line(str(value))
        case _:
            return f"<{type(value).__qualname__}>"  # its text is not ours to trust


def _one_line(text: str) -> str:
    """Line breaks and other control characters as escapes, so that no text can forge a line (CWE-117)."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
