"""How decoding says what is wrong with a field, and the limits that the .proto files promise.

Every decoder of this package raises FieldError; `refused` at the top of a decode turns it into the bridge's
error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bridge.model.errors import InvalidValueError

MAX_OPERATION_ID: Final = 128
MAX_CONNECTOR: Final = 128
MAX_CALLER: Final = 128
MAX_OBJECT_TYPE: Final = 128
MAX_ANCHOR: Final = 1_024
MAX_NAME: Final = 4_096
MAX_ATTRIBUTE_NAME: Final = 256
MAX_ATTRIBUTES: Final = 1_000
MAX_VALUES: Final = 10_000
MAX_VALUE_BYTES: Final = 1024 * 1024
MAX_READ_VALUES: Final = 10_000_000
"""Of one attribute that was read: a group may have grown over the years to what nobody could send at once."""
MAX_WATERMARK: Final = 64 * 1024
MAX_BATCH: Final = 1_000
MAX_PAGE: Final = 1_000
MAX_FILTER_DEPTH: Final = 16
MAX_FILTER_NODES: Final = 256


class FieldError(Exception):
    """One field is not as the API wants it. `reason` says what is allowed, and never shows a value."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}" if path else reason)
        self.path = path
        self.reason = reason

    def under(self, parent: str) -> FieldError:
        """The same fault, seen from the message that holds the field."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        return FieldError(f"{parent}{joint}{self.path}", self.reason)


@contextmanager
def refused() -> Iterator[None]:
    """Turn a FieldError into the InvalidValueError that callers get."""
    try:
        yield
    except FieldError as error:
        raise InvalidValueError(str(error)) from None


def check_text(text: str, path: str, limit: int) -> None:
    """A text that must be there and has at most `limit` characters."""
    if not text:
        raise FieldError(path, "is empty or missing")
    if len(text) > limit:
        raise FieldError(path, f"has {len(text)} characters; at most {limit} are allowed")


def check_count(count: int, path: str, limit: int) -> None:
    """A list of at most `limit` elements."""
    if count > limit:
        raise FieldError(path, f"has {count} elements; at most {limit} are allowed")


def check_value_text(text: str, path: str) -> None:
    """A text of at most 1 MiB in UTF-8; it may be empty and may hold any character."""
    # Four bytes are the most that a character takes, so a short text needs no encoding to be measured.
    if len(text) * 4 > MAX_VALUE_BYTES and len(text.encode()) > MAX_VALUE_BYTES:
        raise FieldError(path, f"is longer than {MAX_VALUE_BYTES} bytes")
