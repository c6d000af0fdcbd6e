"""docs/configuration.md, from the descriptions in the models.

Written by ``python -m bridge.config.document > docs/configuration.md``. A test fails when the page is
not what this writes.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from bridge.config.schema import json_schema

_HEAD = """# Configuration

<!-- Written by `python -m bridge.config.document`. Change the descriptions in bridge/config/settings.py. -->

One YAML file. `ecma-bridge check-config FILE` tells every fault in it at once, each with its line and
its fix; the service does not start with a faulty file. An unknown key is a fault. `ecma-bridge check-
config --schema` writes the JSON schema for your editor, adapters' options included.
`deploy/config/minimal.yaml` is the shortest file that works, `deploy/config/full.yaml` has every option
with its default.

Secrets never stand in the file, in the environment or on a command line. Where an adapter's option is a
secret, the file has a reference to it, resolved when the connector opens:

| reference | where the secret is |
|---|---|
| `file:PATH` | a file of root or of the service's user, mode 0600 or 0400 |
| `credential:NAME` | a systemd credential (`LoadCredential=NAME:PATH`, `LoadCredentialEncrypted=`) |
| `keyring:SERVICE/USER` | the system's keyring; needs the extra `keyring` |
| `command:LINE` | what a program prints within 30 seconds: its absolute path and arguments, no shell |

One line break at the end is not part of the secret.
"""

_SECTIONS = (
    ("journal", "JournalSettings"),
    ("listen.socket", "SocketSettings"),
    ("listen.tls", "TlsSettings"),
    ("callers[]", "CallerSettings"),
    ("connectors.NAME", "ConnectorSettings"),
    ("connectors.NAME.numbers[]", "NumberSettings"),
    ("log", "LogSettings"),
)


def write() -> str:
    """The page."""
    definitions = json_schema([])["$defs"]
    return "\n".join([_HEAD, *(_section(path, definitions[model]) for path, model in _SECTIONS)])


def _section(path: str, model: dict[str, Any]) -> str:
    required = model.get("required", [])
    rows = [
        f"| `{name}` | {_default(name, field, required)} | {_cell(field['description'])} |"
        for name, field in model["properties"].items()
    ]
    title = [f"## `{path}`", "", model["description"], "", "| key | default | meaning |", "|---|---|---|"]
    return "\n".join([*title, *rows, ""])


def _default(name: str, field: dict[str, Any], required: list[str]) -> str:
    if name in required:
        return "required"
    default = field.get("default")
    return "" if default is None else f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(write())
