"""bridge/api is what `make proto` makes of proto/ today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import generate_api
from tests.architecture.source import GENERATED

if TYPE_CHECKING:
    from pathlib import Path


def contents(api: Path) -> dict[str, str]:
    files = (path for path in api.rglob("*") if path.suffix in {".py", ".pyi"})
    return {path.relative_to(api).as_posix(): path.read_text() for path in files}


def test_the_generated_interface_is_current(tmp_path: Path):
    if generate_api.sources():
        generate_api.generate(tmp_path)
    assert contents(GENERATED) == contents(tmp_path / "bridge" / "api"), "run `make proto` and commit the result"
