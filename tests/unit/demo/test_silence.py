"""The limit to waiting ends an iteration that is silent, and changes no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bridge.demo.silence import until_silence


def test_everything_comes_in_its_order():
    assert list(until_silence(range(100), 30)) == list(range(100))


def test_silence_ends_it():
    released = threading.Event()

    def silent() -> Iterator[int]:
        yield 1
        released.wait()

    assert list(until_silence(silent(), 0.05)) == [1]
    released.set()


def test_an_error_is_raised_where_it_came():
    def failing() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    items = until_silence(failing(), 30)
    assert next(items) == 1
    with pytest.raises(LookupError, match="gone"):
        next(items)
