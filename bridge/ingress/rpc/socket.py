"""The Unix socket: where it may lie, and who may reach it. Its directory is the lock."""

from __future__ import annotations

import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from bridge.model.errors import ConfigurationError

_PROBE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SocketListener:
    """`group` may enter the directory and call too; None: the service's user alone."""

    path: Path
    group: str | None = None


def prepare(listener: SocketListener) -> None:
    """Check the directory and make room for the socket, or say what is wrong and how to mend it."""
    _check_directory(listener)
    _remove_stale(listener.path)


def open_to_group(listener: SocketListener) -> None:
    """Once bound: connecting needs the right to write to the socket."""
    listener.path.chmod(0o600)
    if listener.group is not None:
        os.chown(listener.path, -1, _gid(listener.group))
        listener.path.chmod(0o660)


def _check_directory(listener: SocketListener) -> None:
    directory = listener.path.parent
    try:
        found = directory.lstat()
    except OSError as error:
        raise ConfigurationError(f"socket directory {directory}: {error.strerror}; create it with mode 0700") from None
    if not stat.S_ISDIR(found.st_mode):
        raise ConfigurationError(f"socket directory {directory} is not a directory (a link to one does not do)")
    if found.st_uid != os.geteuid():
        raise ConfigurationError(f"socket directory {directory} belongs to another user; chown it to the service's")
    mode = stat.S_IMODE(found.st_mode)
    if listener.group is None:
        if mode & 0o077:
            raise ConfigurationError(f"socket directory {directory} has mode {mode:04o}; chmod 0700 {directory}")
    elif found.st_gid != _gid(listener.group) or mode & 0o027:
        raise ConfigurationError(
            f"socket directory {directory} has mode {mode:04o} and group {found.st_gid}; "
            f"chgrp {listener.group} {directory} and chmod 0750 {directory}"
        )


def _gid(group: str) -> int:
    import grp  # noqa: PLC0415 # POSIX only, as Unix sockets are; the module must import elsewhere too

    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ConfigurationError(f"socket group {group} does not exist on this machine") from None


def _remove_stale(path: Path) -> None:
    """A socket that a killed process left is removed; one that somebody answers on is not."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigurationError(f"socket path {path} is taken by something that is not a socket; remove it")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PROBE_SECONDS)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise ConfigurationError(f"socket {path} neither answers nor refuses: {error}") from None
    raise ConfigurationError(f"socket {path} is in use: another bridge answers on it; stop that one first")
