"""Errors of the journal's disk and files as one sentence: the path, the reason, the fix.

Used where the journal is opened, by the commands of an administrator, and by the service when a write has failed.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from bridge.model.errors import BridgeError, ConfigurationError, UnavailableError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_MISPLACED: Final = (PermissionError, FileExistsError, FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""These last until a person mends them; a disk may have room again at the next start."""


@contextmanager
def told(path: Path) -> Iterator[Path]:
    """The bridge's error in place of the system's or SQLite's; `path` is what it is about where they do not say."""
    try:
        yield path
    except (OSError, DBAPIError, sqlite3.Error) as error:
        raise refusal(error, path) from error


def refusal(error: OSError | DBAPIError | sqlite3.Error, path: Path) -> BridgeError:
    """UnavailableError if the disk failed or is full, ConfigurationError for the rest."""
    if isinstance(error, OSError) and isinstance(error.filename, str):
        path = Path(error.filename)
    kind = UnavailableError if of_the_disk(error) else ConfigurationError
    return kind(f"{path}: {reason(error)}; {_fix(error, path)}")


def of_the_disk(error: BaseException) -> bool:
    """Whether the disk is full or failed, so that nothing is said of what is on it."""
    if isinstance(error, OSError):
        return not isinstance(error, _MISPLACED)
    return _code(error).startswith(("SQLITE_FULL", "SQLITE_IOERR"))


def reason(error: BaseException) -> str | None:
    """The system's or SQLite's own words, which hold no content; None for any other error."""
    match error:
        case DBAPIError():
            return str(error.orig)
        case sqlite3.Error():
            return str(error)
        case OSError():
            return error.strerror
        case _:
            return None


def _code(error: BaseException) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(original, "sqlite_errorname", ""))


def _fix(error: BaseException, path: Path) -> str:
    if isinstance(error, PermissionError) or _code(error).startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return f"run this as the user who owns it{_owner(path)}"
    if of_the_disk(error):
        full = isinstance(error, OSError) and error.errno in _FULL
        # SQLite calls it an I/O error where it finds no room for the file of its shared memory.
        return "make room on its disk" if full else "make room on its disk, or mend it"
    return "put right what is there" if isinstance(error, OSError) else "run: ecma-bridge journal check"


def _owner(path: Path) -> str:
    """Of the innermost place that can be looked at: what lies below is hidden from others."""
    for each in (path, *path.parents):
        try:
            return f": user id {each.stat().st_uid}"
        except OSError:
            continue
    return ""
