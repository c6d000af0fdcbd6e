"""Generates bridge/api from proto/: one Python package per proto package, committed, never edited."""

import shutil
import sys
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
API = PROTO / "bridge" / "api"


def sources() -> list[Path]:
    """The proto files of the callers' interface, in a fixed order."""
    return sorted(API.rglob("*.proto"))


def generate(destination: Path) -> None:
    """Writes the generated package as destination/bridge/api/...; leaves with a message on a proto fault."""
    well_known = resources.files("grpc_tools") / "_proto"
    outputs = [f"--{kind}={destination}" for kind in ("python_out", "pyi_out", "grpc_python_out")]
    files = [str(path) for path in sources()]
    if protoc.main(["protoc", f"-I{PROTO}", f"-I{well_known}", *outputs, *files]):
        msg = "protoc refused the files in proto/; what it found is printed above"
        raise SystemExit(msg)
    write_packages(destination / "bridge" / "api")


def write_packages(api: Path) -> None:
    """Makes every generated directory a package with a docstring (protoc writes modules only)."""
    for directory in (api, *(path for path in api.rglob("*") if path.is_dir())):
        (directory / "__init__.py").write_text('"""Generated from proto/ by `make proto`; never edited."""\n')


def main() -> int:
    """Replaces bridge/api by what proto/ says now."""
    if not sources():
        sys.stderr.write("There is no proto/bridge/api/**/*.proto to generate from.\n")
        return 1
    shutil.rmtree(ROOT / "bridge" / "api", ignore_errors=True)
    generate(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
