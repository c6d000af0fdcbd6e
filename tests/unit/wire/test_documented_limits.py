"""docs/api.md tells the limits that are checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.ingress.rpc.server import MAX_MESSAGE
from bridge.wire import fields

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("| what | at most |\n")[2].partition("\n\n")[0]


@pytest.mark.parametrize(
    ("what", "limits"),
    [
        ("an operation's `id`", [fields.MAX_OPERATION_ID]),
        ("`connector`, `object_type`", [fields.MAX_CONNECTOR]),
        ("`connector`, `object_type`", [fields.MAX_OBJECT_TYPE]),
        ("`name`, `new_name`", [fields.MAX_NAME]),
        ("`anchor`", [fields.MAX_ANCHOR]),
        ("name of an attribute", [fields.MAX_ATTRIBUTE_NAME]),
        ("attributes of a create, deltas of an update", [fields.MAX_ATTRIBUTES]),
        ("values of one attribute or delta", [fields.MAX_VALUES]),
        ("one value", [fields.MAX_VALUE_BYTES]),
        ("operations in a message of `Stream`", [fields.MAX_BATCH]),
        ("a message to the bridge, and so an operation", [MAX_MESSAGE >> 20]),
        ("operations or objects in a page", [fields.MAX_PAGE]),
        ("a filter", [fields.MAX_FILTER_DEPTH, fields.MAX_FILTER_NODES]),
        ("a watermark", [fields.MAX_WATERMARK]),
    ],
)
def test_the_limit_of_each_field_is_told(what: str, limits: list[int]):
    (told,) = re.findall(rf"^\| {re.escape(what)} \| (.*) \|$", TABLE, re.MULTILINE)
    numbers = [
        int(each.replace(",", "")) for each in re.findall(r"(?<![\w-])\d[\d,]*\d", told) or re.findall(r"\d", told)
    ]
    assert numbers[: len(limits)] == limits
