"""The bridge under test: the real one, in a process of its own, that can be killed and started again.

Used by `scenario`. Everything it writes is in one private directory; what it says is in `bridge.log` there.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import yaml

from bridge.client import BridgeClient
from bridge.demo.ledger import CALLER
from bridge.journal import maintenance
from bridge.model.errors import ConfigurationError, UnavailableError
from bridge.model.identity import OperationId
from bridge.model.lifecycle import State

_COMMAND: Final = (sys.executable, "-c", "from bridge.cli import main; main()")
_PATIENCE: Final = 30.0
_DISK_RESERVE_MIB: Final = 64


class BridgeProcess:
    """A bridge with these connectors, its journal and its socket below `directory`, which only we can enter."""

    def __init__(self, directory: Path, connectors: Mapping[str, Mapping[str, Any]]) -> None:
        self.log = directory / "bridge.log"
        self.address = f"unix://{directory / 'api.sock'}"
        self._journal = directory / "journal"
        self._journal.mkdir(mode=0o700)
        self._file = directory / "config.yaml"
        self._file.write_text(yaml.safe_dump(self._configuration(directory, connectors)), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def _configuration(self, directory: Path, connectors: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        return {
            "journal": {"path": str(self._journal), "disk_reserve_mib": _DISK_RESERVE_MIB},
            "listen": {"socket": {"path": str(directory / "api.sock")}},
            "callers": [{"name": str(CALLER), "via": "socket", "connectors": ["*"]}],
            "connectors": json.loads(json.dumps(connectors)),  # YAML has no word for a StrEnum or a NewType
        }

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Started and answering; killed at the end, if it still runs."""
        self.start()
        try:
            yield self
        finally:
            self.kill()

    def start(self) -> float:
        """Returns when the bridge answers: after how many seconds."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            command = [*_COMMAND, "serve", "--config", str(self._file)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603 - our own program
        with BridgeClient(self.address, timeout=5) as client:
            while not self._answers(client):
                if self._process.poll() is not None or time.monotonic() - began > _PATIENCE:
                    raise ConfigurationError(f"the bridge did not start; {self.log} says why")
                time.sleep(0.05)
        return time.monotonic() - began

    def _answers(self, client: BridgeClient) -> bool:
        try:
            return bool(client.connectors())
        except UnavailableError:
            return False

    def kill(self) -> None:
        """SIGKILL: no chance to finish, write or say anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def journaled(self) -> Mapping[OperationId, State]:
        """What the journal on disk has of each operation. Only after `serve` ended."""
        written = io.StringIO()
        maintenance.export(self._journal, written)
        documents = map(json.loads, written.getvalue().splitlines())
        return {OperationId(each["id"]): State(each["state"]) for each in documents}

    def journal_problems(self) -> Sequence[str]:
        """What ``ecma-bridge journal check`` finds wrong: pages, audit chain, contents. Only after `serve` ended."""
        return [f"journal: {each}" for each in maintenance.check(self._journal).problems]
