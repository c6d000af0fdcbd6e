"""One process owns a journal. The lock file names the holder; the directory must be local and ours alone.

Called by `Journal.open` and by maintenance that writes, before anything else is opened.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import IO

from bridge.journal.sealing import sync_directory
from bridge.model.errors import ConfigurationError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs", "ncpfs"})


class Ownership:
    """Holds the lock from construction to `release`; the operating system lets go of it if the process dies."""

    def __init__(self, directory: Path) -> None:
        _prepare(directory)
        self._path = directory / "journal.lock"
        self._file = self._path.open("a+", encoding="utf-8")
        try:
            _lock(self._file)
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise ConfigurationError(
                f"the journal in {directory} is in use by {holder}; stop that process first"
            ) from None
        self._write(f"process {os.getpid()} on {socket.gethostname()}")

    def release(self) -> None:
        self._write("")
        self._file.close()

    def _write(self, holder: str) -> None:
        self._file.truncate(0)
        self._file.write(holder)
        self._file.flush()


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        # A byte far behind the text, so that others can still read who holds it.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _prepare(directory: Path) -> None:
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in missing:
            sync_directory(each.parent)
    except OSError as error:
        raise ConfigurationError(f"journal.path: {directory} cannot be made: {error.strerror}") from error
    kind = file_system(directory)
    if kind in _REMOTE:
        raise ConfigurationError(
            f"journal.path: {directory} is on a {kind} file system; the journal needs a local disk"
        )
    if os.name == "posix":
        _check_mode(directory)


def _check_mode(directory: Path) -> None:
    status = directory.stat()
    if status.st_uid != os.geteuid():
        # Given to another, the journal would be out of the service's own reach.
        raise ConfigurationError(
            f"journal.path: {directory} belongs to user id {status.st_uid}, this process to {os.geteuid()};"
            " run this as the user who owns it"
        )
    if status.st_mode & 0o077:
        raise ConfigurationError(f"journal.path: {directory} is open to other users; run: chmod 700 {directory}")
    if not os.access(directory, os.W_OK):
        raise ConfigurationError(f"journal.path: {directory} cannot be written")


def file_system(directory: Path) -> str:
    """The kind of file system that holds the directory, as the mount table tells; empty where it does not."""
    table = Path("/proc/self/mounts")
    return kind_in(table.read_text(encoding="utf-8"), str(directory.resolve())) if table.exists() else ""


def kind_in(table: str, path: str) -> str:
    """The kind of the innermost mount that holds the path."""
    best, kind = "", ""
    for line in table.splitlines():
        _, mount, found, *_ = line.split(" ")
        mount = mount.encode().decode("unicode_escape")
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, found
    return kind
