"""A container engine for tests and the demo: the machine's own where one answers, else a private one.

`tests.support.images` asks for it first. The private engine is a dockerd with a socket and directories of its
own below the user's cache; every checkout of that user shares it, and the last process to end stops it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support import apt, locks

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ecma-bridge" / "engine"
SOCKET, PIDFILE, LOG = HOME / "docker.sock", HOME / "dockerd.pid", HOME / "dockerd.log"
PRIVATE = f"unix://{SOCKET}"
PATIENCE = 30.0  # seconds until dockerd must answer; it took half a second on two cores

# Where the kernel lets us write no packet filter, published ports still work through docker-proxy.
FLAGS_TO_TRY = ((), ("--iptables=false", "--ip6tables=false"))

_users = locks.Presence(HOME / "users")


class EngineUnavailableError(Exception):
    """No container engine answers and none can be started; the message says what is missing."""


@functools.cache
def ensure_engine() -> str:
    """The address of an engine that answers, started if need be; raises EngineUnavailableError."""
    host = _answering() or _private()
    os.environ["DOCKER_HOST"] = host
    return host


def answers(host: str) -> bool:
    """Whether an engine answers at `host` within five seconds."""
    address = urlsplit(host)
    family = socket.AF_UNIX if address.scheme == "unix" else socket.AF_INET
    where = address.path if address.scheme == "unix" else (address.hostname, address.port or 2375)
    try:
        with socket.socket(family) as connection:
            connection.settimeout(5)
            connection.connect(where)
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 OK" in connection.recv(1000)
    except (OSError, TypeError):
        return False


def stop() -> None:
    """Stops the private engine and waits until it is gone; nothing to do is fine."""
    pid = _running_pid()
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    _wait_until(lambda: _running_pid() is None)
    # dockerd leaves its network namespaces mounted, and a cache with a mount in it cannot be removed.
    for mount in HOME.glob("exec/netns/*"):
        subprocess.run(["umount", "--lazy", str(mount)], capture_output=True, check=False)


def _answering() -> str | None:
    own = os.environ.get("DOCKER_HOST", "")
    rootless = f"unix:///run/user/{os.geteuid()}/docker.sock"
    for host in filter(None, (own, "unix:///var/run/docker.sock", rootless)):
        if host != PRIVATE and answers(host):
            return _require_local(host)
    return None


def _require_local(host: str) -> str:
    address = urlsplit(host)
    if address.scheme == "unix" or address.hostname in {"localhost", "127.0.0.1"}:
        return host
    msg = f"The engine at {host} is on another machine: its loopback ports are out of reach."
    raise EngineUnavailableError(msg)


def _private() -> str:
    """The private engine's address, or that of the service which installing the package has started."""
    with locks.exclusive(HOME / "lock"):
        if not answers(PRIVATE):
            if service := _installed():
                return service
            _launch()
        _users.enter()
    atexit.register(_leave)
    return PRIVATE


def _installed() -> str | None:
    """Installs the engine; where systemd runs, Debian starts its service with it, and two would share a bridge."""
    if not shutil.which("dockerd"):
        _install()
    return _answering()


def _install() -> None:
    try:
        apt.install("docker.io")
    except apt.PackagesUnavailableError as error:
        msg = f"No container engine answers (DOCKER_HOST, /var/run/docker.sock): start Docker. {error}"
        raise EngineUnavailableError(msg) from error


def _launch() -> None:
    if os.geteuid() != 0:
        msg = "No container engine answers, and dockerd needs root. Start Docker, or run the tests as root."
        raise EngineUnavailableError(msg)
    if any(_try_launch(flags) for flags in FLAGS_TO_TRY):
        return
    tail = "\n".join(LOG.read_text().splitlines()[-15:])
    msg = f"dockerd did not come up (it needs root, cgroups and namespaces). The end of {LOG}:\n{tail}"
    raise EngineUnavailableError(msg)


def _try_launch(flags: tuple[str, ...]) -> bool:
    stop()
    PIDFILE.unlink(missing_ok=True)
    SOCKET.unlink(missing_ok=True)
    directories = [f"--data-root={HOME / 'data'}", f"--exec-root={HOME / 'exec'}", f"--pidfile={PIDFILE}"]
    # A session of its own: it outlives the test process that started it, and holds none of its files open.
    command = ["setsid", "--fork", "dockerd", *directories, "--host", PRIVATE, "--ip", "127.0.0.1", *flags]
    with LOG.open("w") as log:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
    return _wait_until(lambda: answers(PRIVATE) or _gave_up()) and answers(PRIVATE)


def _running_pid() -> int | None:
    """The private dockerd's process, checked by its command line: a stale file may name a stranger."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(PIDFILE.read_text())
        if str(HOME).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def _gave_up() -> bool:
    """Whether dockerd ended on its own; it writes its last words before it removes the pid file."""
    return not PIDFILE.exists() and "failed to start daemon" in LOG.read_text()


def _leave() -> None:
    with locks.exclusive(HOME / "lock"):
        if _users.leave():
            stop()


def _wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


if __name__ == "__main__":
    if sys.argv[1:] == ["stop"]:
        stop()
    else:
        sys.stdout.write(f"{ensure_engine()}\n")
