"""What the code logs is what the log lets through: a field or an event that would be lost is found here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bridge.telemetry.logging import FIELDS

BRIDGE = Path(__file__).parents[3] / "bridge"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def logged() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a logger that `get_logger` gave, with its place; `**told` stands for the fields of `told = {…}`."""
    for path in BRIDGE.rglob("*.py"):
        text = path.read_text()
        if "get_logger()" not in text or path.parent.name == "telemetry":
            continue
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                node.keywords = [part for each in node.keywords for part in _spread(each, tree)]
                yield f"{path.relative_to(BRIDGE)}:{node.lineno}", node


def _spread(keyword: ast.keyword, tree: ast.Module) -> Iterator[ast.keyword]:
    if keyword.arg is not None:
        yield keyword
        return
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Dict(keys)) if name == ast.unparse(keyword.value):
                yield from (ast.keyword(ast.literal_eval(key), keyword.value) for key in keys if key is not None)


def test_every_field_that_the_code_logs_is_let_through():
    used = {(place, each.arg) for place, call in logged() for each in call.keywords if each.arg != "exc_info"}
    assert used
    assert {(place, name) for place, name in used if name not in FIELDS} == set()


def test_every_event_is_a_key():
    events = {(place, ast.unparse(call.args[0])) for place, call in logged()}
    assert {(place, text) for place, text in events if not re.fullmatch(r"'[a-z][a-z0-9_]*'", text)} == set()
