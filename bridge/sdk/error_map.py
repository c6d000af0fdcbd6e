"""Turn a driver's exceptions into the bridge's, once, by table, at the adapter's edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bridge.model.errors import BridgeError, UnexpectedError

Translate = Callable[[Exception], BridgeError | None]
"""Gives the bridge's error for a driver's, or None to let the next row decide."""

ErrorMap = Sequence[tuple[type[Exception], Translate | type[BridgeError]]]
"""Rows are tried in order; the first whose class fits and whose translation is not None wins."""


def translate(error: Exception, table: ErrorMap) -> BridgeError:
    """The bridge's error for a driver's exception. What no row knows is UnexpectedError, naming only the class:
    the text of an unknown exception may hold a secret."""
    if isinstance(error, BridgeError):
        return error
    for kind, row in table:
        if isinstance(error, kind):
            found = row(str(error)) if isinstance(row, type) else row(error)
            if found is not None:
                return found
    return UnexpectedError(f"the driver raised {type(error).__qualname__}")


@contextmanager
def translating(table: ErrorMap) -> Iterator[None]:
    """Raise the bridge's error in place of the driver's, whose text may hold a secret: no traceback shows it."""
    try:
        yield
    except Exception as error:
        translated = translate(error, table)
        if translated is error:
            raise
        raise translated from None
