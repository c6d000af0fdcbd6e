"""The real bridge in a process of its own, on a private directory: started, killed and started again by tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import grpc
import yaml

from bridge.client import BridgeClient
from bridge.model.identity import CallerName
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from bridge.cli import main; main()")
CALLER = CallerName("tester")
KILLED = -signal.SIGKILL


class BridgeProcess:
    """One bridge: its directory stays, its process comes and goes. `prefix` is put before the command, e.g. strace."""

    def __init__(
        self,
        directory: Path,
        connectors: Mapping[str, Mapping[str, Any]],
        *,
        journal: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self.directory = directory
        self.journal = Path((journal or {}).get("path", directory / "journal"))
        self.log = directory / "log"
        self.prefix = tuple(prefix)
        self._socket = directory / "run" / "api.sock"
        self._socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._environment = os.environ | {"PYTHONPATH": str(ROOT)} | dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(connectors, journal or {})

    def configure(self, connectors: Mapping[str, Mapping[str, Any]], journal: Mapping[str, Any]) -> None:
        """Write the configuration for the next start."""
        document = {
            "journal": {"disk_reserve_mib": 1, "path": str(self.journal), **journal},
            "listen": {"socket": {"path": str(self._socket)}},
            "callers": [{"name": CALLER, "via": "socket", "connectors": ["*"]}],
            "connectors": {name: dict(each) for name, each in connectors.items()},
        }
        (self.directory / "config.yaml").write_text(yaml.safe_dump(document))

    @property
    def target(self) -> str:
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        return self._running().pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def spawn(self, crash_at: str | None = None) -> None:
        """Start the process and go on at once."""
        arguments = [*self.prefix, *COMMAND, "serve", "--config", str(self.directory / "config.yaml")]
        if crash_at is not None:
            arguments += ["--crash-at", crash_at]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self.directory,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start the process; returns when it answers."""
        self.spawn()
        wait_until(lambda: self.answers() or self.ended() is not None, "answer of the bridge")
        if self.ended() is not None:
            msg = f"the bridge ended with {self.ended()}:\n{self.said()[-3000:]}"
            raise RuntimeError(msg)

    def answers(self) -> bool:
        with grpc.insecure_channel(self.target) as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=0.2)
            except grpc.FutureTimeoutError:
                return False
            return True

    def ended(self) -> int | None:
        """The exit code, None while it runs."""
        return self._running().poll()

    def wait(self, seconds: float = 30.0) -> int:
        """The exit code, once it has ended."""
        return self._running().wait(seconds)

    def signal(self, number: int) -> None:
        self._running().send_signal(number)

    def stop(self) -> int:
        """Stop in order; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """kill -9, it and what was put before it; nothing to do is fine."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def client(self) -> BridgeClient:
        return BridgeClient(self.target)

    def said(self) -> str:
        """Everything that all starts wrote to the log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start it first"
        return self._process
