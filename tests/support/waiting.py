"""Wait for a condition that another process or thread brings about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ValueT = TypeVar("ValueT")


def wait_until(condition: Callable[[], ValueT], what: str, seconds: float = 30.0) -> ValueT:
    """The first true value of `condition`; TimeoutError that names `what` was waited for if there is none."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            msg = f"after {seconds:g} s still no {what}"
            raise TimeoutError(msg)
        time.sleep(0.01)
    return value
