"""The house rules that a machine can check; `make lint` has the rest."""

from __future__ import annotations

import ast
import re
import statistics
import tomllib
from typing import TYPE_CHECKING

from importlinter import cli

from tests.architecture.source import ROOT, dotted, imports, modules, relative, tracked_files, within

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MODULE_FAULT = 400  # lines
FUNCTION_LIMIT = 40
MEDIAN_LIMIT = 8
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
# Put together here, so that this file does not name what it forbids.
NAMES = ("py" + "pi", "python" + "hosted", "npm" + "js", "deb" + "ian")
REGISTRIES = re.compile(rf"\b(?:{'|'.join(NAMES)})\.(?:org|com|io)\b")
API_USERS = ("bridge.api", "bridge.client", "bridge.ingress.rpc", "bridge.wire")


def functions() -> dict[str, int]:
    """The length of every function of bridge and adapters, in lines."""
    return {
        f"{relative(path)}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules("bridge", "adapters")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_no_module_is_too_long():
    lengths = {relative(path): path.read_text().count("\n") for path in modules("bridge", "adapters", "tests")}
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_FAULT} == {}


def test_functions_are_short():
    lengths = functions()
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LIMIT} == {}
    assert not lengths or statistics.median(lengths.values()) <= MEDIAN_LIMIT


def test_no_module_has_a_vague_name():
    assert [relative(path) for path in modules("bridge", "adapters", "tests") if path.stem in VAGUE] == []


def test_every_module_says_what_it_is():
    silent = [path for path in modules("bridge", "adapters") if not ast.get_docstring(ast.parse(path.read_text()))]
    assert [relative(path) for path in silent] == []


def test_imports_keep_their_direction(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    # It would configure the logging of this whole process, and silence every logger that is there already.
    monkeypatch.setattr("logging.config.dictConfig", lambda _: None)
    code = cli.lint_imports(no_cache=True)
    assert code == 0, capsys.readouterr().out


def test_the_generated_interface_stays_at_the_edge():
    users = {
        dotted(path) for path in modules("bridge", "adapters") if any(within(n, "bridge.api") for n in imports(path))
    }
    assert {name for name in users if not within(name, *API_USERS)} == set()


def test_every_shipped_adapter_is_an_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["entry-points"]["bridge.adapters"]
    shipped = {path.parent.name for path in ROOT.glob("adapters/*/__init__.py")} - {"template"}
    assert {name for name in shipped if declared.get(name) != f"adapters.{name}:ADAPTER"} == set()


def test_no_file_names_a_registry():
    assert {relative(path): found for path in tracked_files() if (found := registries(path))} == {}


def registries(path: Path) -> list[str]:
    try:
        return REGISTRIES.findall(path.read_text())
    except UnicodeDecodeError:
        return []
