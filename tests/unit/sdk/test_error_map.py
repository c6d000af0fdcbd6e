"""A driver's exceptions become the bridge's, by the first row that fits."""

from __future__ import annotations

import traceback

import pytest

from bridge.sdk import (
    ConnectionBrokenError,
    ConnectionFailedError,
    ErrorMap,
    InvalidValueError,
    ThrottledError,
    UnexpectedError,
    translate,
    translating,
)

TABLE: ErrorMap = (
    (ConnectionRefusedError, ConnectionFailedError),
    (
        ValueError,
        lambda error: InvalidValueError("a bad value", attributes=("mail",)) if error.args else None,
    ),
    (OSError, ConnectionBrokenError),
    (UnicodeError, lambda _: ThrottledError("no row before this took it")),
)


def test_a_row_with_a_class_takes_the_message_over() -> None:
    error = translate(ConnectionRefusedError("port 389 is closed"), TABLE)
    assert type(error) is ConnectionFailedError
    assert error.message == "port 389 is closed"


def test_the_first_row_whose_class_fits_wins() -> None:
    assert type(translate(ConnectionResetError("reset"), TABLE)) is ConnectionBrokenError


def test_a_row_with_a_function_makes_the_error() -> None:
    error = translate(ValueError("x"), TABLE)
    assert (type(error), error.attributes) == (InvalidValueError, ("mail",))


def test_a_row_may_leave_it_to_the_next() -> None:
    class NoArgumentsError(UnicodeError):
        pass

    assert type(translate(NoArgumentsError(), TABLE)) is ThrottledError


def test_the_bridge_s_own_error_passes() -> None:
    error = ThrottledError("later", retry_after=3)
    assert translate(error, ((Exception, ConnectionFailedError),)) is error


def test_what_no_row_knows_is_told_by_its_class_alone() -> None:
    error = translate(KeyError("postgresql://bridge:hunter2@target"), TABLE)
    assert type(error) is UnexpectedError
    assert "KeyError" in error.message
    assert "hunter2" not in error.message


def test_no_traceback_of_a_translated_error_shows_the_driver_s_words() -> None:
    with pytest.raises(ConnectionBrokenError) as caught, translating(TABLE):
        raise ConnectionResetError("postgresql://bridge:hunter2@target")
    shown = "".join(traceback.format_exception(caught.value))
    assert "ConnectionBrokenError" in shown
    assert "hunter2" not in shown.replace(caught.value.message, "")


def test_translating_lets_the_bridge_s_own_error_through_without_a_cause() -> None:
    with pytest.raises(ThrottledError) as caught, translating(TABLE):
        raise ThrottledError("later")
    assert caught.value.__cause__ is None


def test_translating_does_not_stop_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), translating(TABLE):
        raise KeyboardInterrupt
