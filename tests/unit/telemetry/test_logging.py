"""What a line of the log may hold, and what never gets in."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import ConfigurationError, Secret
from bridge.telemetry.logging import configure, get_logger


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


Lines = Callable[[], list[dict]]


@pytest.fixture
def lines() -> Lines:
    output = io.StringIO()
    configure("info", "json", output)
    return lambda: [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_is_one_object_with_time_level_event_and_fields(lines: Lines):
    get_logger().info("connector_opened", connector="staff", path=Path("/x"), seconds=1.5)
    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "connector_opened",
        "level": "info",
        "connector": "staff",
        "path": "/x",
        "seconds": 1.5,
    }


def test_a_level_below_the_least_is_not_written(lines: Lines):
    get_logger().debug("connector_opened")
    assert lines() == []


def test_a_field_outside_the_list_is_left_out_by_name(lines: Lines):
    get_logger().info("connector_opened", attributes={"mail": "ann@example"}, dsn="host=x password=Zq9")
    assert lines()[0]["omitted"] == ["attributes", "dsn"]
    assert "Zq9" not in json.dumps(lines())


def test_an_event_is_a_key_not_a_sentence(lines: Lines):
    get_logger().info("could not open Zq9")
    assert lines()[0]["event"] == "unnamed_event"


def test_a_secret_and_a_foreign_object_show_nothing(lines: Lines):
    get_logger().info("connector_opened", reason=Secret("Zq9"), error={"password": "Zq9"}, kind=object())
    assert lines()[0]["reason"] == "***"
    assert lines()[0]["kind"] == "<object>"
    assert "Zq9" not in json.dumps(lines())


def fail_at_the_driver() -> None:
    raise ValueError("dsn host=x password=Zq9")


def test_our_own_error_is_told_with_its_words_the_drivers_without(lines: Lines):
    try:
        try:
            fail_at_the_driver()
        except ValueError as error:
            raise ConfigurationError("url: give a host") from error
    except ConfigurationError as error:
        get_logger().warning("connector_refused", error=error)
    (line,) = lines()
    assert (line["error"], line["code"], line["message"]) == (
        "ConfigurationError",
        "configuration",
        "url: give a host",
    )
    assert line["causes"] == ["ValueError"]
    assert "Zq9" not in json.dumps(line)


def test_anything_else_is_told_by_class_and_place(lines: Lines):
    try:
        fail_at_the_driver()
    except ValueError:
        get_logger().exception("adapter_failed")
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert line["trace"][-1].endswith("fail_at_the_driver")
    assert "Zq9" not in json.dumps(line)


def test_libraries_are_heard_without_their_words(lines: Lines):
    try:
        fail_at_the_driver()
    except ValueError:
        logging.getLogger("driver.pool").exception("lost %s", "Zq9")
    logging.getLogger("driver.pool").info("below warning")
    (line,) = lines()
    assert (line["event"], line["library"], line["error"]) == ("library_logged", "driver.pool", "ValueError")
    assert "Zq9" not in json.dumps(line)


@pytest.mark.parametrize("layout", ["json", "text"])
@given(text=st.text(alphabet=st.characters(categories=["Cc", "Zl", "Zp", "Lu", "Cs"])))
def test_no_text_can_begin_a_line_of_its_own(layout: str, text: str):
    output = io.StringIO()
    configure("info", layout, output)
    get_logger().info("connector_opened", connector=text, error=ConfigurationError(text))
    assert len(output.getvalue().splitlines()) == 1
    output.getvalue().encode()


class Full(io.StringIO):
    """A stream on a disk that is full for a while."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_full_disk_drops_lines_and_says_how_many():
    output = Full()
    configure("info", "json", output)
    get_logger().info("connector_opened")
    get_logger().info("connector_opened")
    output.full = False
    get_logger().info("connector_closed")
    dropped, line = (json.loads(each) for each in output.getvalue().splitlines())
    assert dropped == {"event": "log_lines_dropped", "count": 2}
    assert line["event"] == "connector_closed"
