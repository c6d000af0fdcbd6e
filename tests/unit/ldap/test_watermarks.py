"""Watermarks as text: of use to the same source and scope only."""

from __future__ import annotations

import json

import pytest

from adapters.ldap.changes import watermarks
from adapters.ldap.changes.log import check_there, last_seen
from adapters.ldap.server_kind import ChangeSource
from bridge.sdk import Watermark, WatermarkExpiredError

SOURCE = ChangeSource.ACCESSLOG


def test_a_watermark_gives_back_its_position():
    position = {"cn=accesslog": "20260101000000.000001Z some-identity", "é🦊": ""}
    assert watermarks.read(watermarks.write(SOURCE, "scope", position), SOURCE, "scope") == position


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", "null", '{"source": "accesslog"}', "[" * 50_000, '{"at":' * 10_000, "x" * 200_000],
)
def test_what_is_no_watermark_has_expired(text: str):
    with pytest.raises(WatermarkExpiredError):
        watermarks.read(Watermark(text), SOURCE, "scope")


@pytest.mark.parametrize(("key", "value"), [("source", "syncrepl"), ("scope", "other"), ("at", {"x": 1}), ("at", [])])
def test_a_watermark_of_another_source_or_scope_has_expired(key: str, value: object):
    held = {**json.loads(watermarks.write(SOURCE, "scope", {"x": "y"})), key: value}
    with pytest.raises(WatermarkExpiredError):
        watermarks.read(Watermark(json.dumps(held)), SOURCE, "scope")


@pytest.mark.parametrize("text", ["", "x", "20260101000000.000001Z ", " identity"])
def test_a_position_in_a_log_is_whole_or_none(text: str):
    with pytest.raises(WatermarkExpiredError):
        last_seen(text, "cn=log")


def test_a_log_must_still_have_the_entry_that_was_seen():
    seen = last_seen("7 identity", "cn=log")
    check_there(seen, "identity", "cn=log")
    for other in ("", "another"):
        with pytest.raises(WatermarkExpiredError):
            check_there(seen, other, "cn=log")


def test_an_empty_log_that_is_empty_still_is_the_same():
    check_there(last_seen(" ", "cn=log"), "", "cn=log")
    with pytest.raises(WatermarkExpiredError):
        check_there(last_seen(" ", "cn=log"), "identity", "cn=log")
