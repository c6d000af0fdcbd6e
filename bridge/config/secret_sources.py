"""Resolve the reference to a secret into the secret, late: when a connector opens.

The host gives `resolve` to adapters as `AdapterContext.resolve_secret`. Errors name the source and the
fix, never the secret, and never what a program wrote.
"""

from __future__ import annotations

import importlib
import os
import shlex
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bridge.model.errors import ConfigurationError
from bridge.model.secrets import Secret

COMMAND_SECONDS: Final = 30.0
MAX_BYTES: Final = 64 * 1024

_NOT_A_FILE: Final = "secret file {}: not a regular file; put the secret into one, mode 0600"


def resolve(reference: str) -> Secret:
    """The secret that the reference names. ConfigurationError if it cannot be had or is open to others."""
    source, _, rest = reference.partition(":")
    read = _READERS.get(source)
    if source == "env":
        raise ConfigurationError(
            "secret: the environment is readable to others; use file:, credential:, keyring: or command:"
        )
    if read is None or not rest:
        # The text may be the secret itself, so it is not repeated.
        raise ConfigurationError(
            "secret: give a reference: file:PATH, credential:NAME, keyring:SERVICE/USER or command:LINE"
        )
    text = read(rest)
    if not text:
        raise ConfigurationError(f"secret from {source}: it is empty; store the secret there")
    return Secret(text)


def _from_file(rest: str) -> str:
    path = Path(rest)
    if not path.is_absolute():
        raise ConfigurationError("secret file: give an absolute path")
    return _read(path, check=_check_private)


def _from_credential(rest: str) -> str:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory is None:
        raise ConfigurationError(
            f"secret credential {rest}: the service was not started by systemd with credentials; "
            f"add LoadCredential={rest}:PATH to its unit"
        )
    if Path(rest).name != rest:
        raise ConfigurationError(f"secret credential {rest}: give the credential's name, not a path")
    # systemd owns the directory and shows it to this service only, so the mode needs no check.
    return _read(Path(directory) / rest, check=None)


def _from_keyring(rest: str) -> str:
    service, _, user = rest.rpartition("/")
    if not service or not user:
        raise ConfigurationError("secret keyring: give keyring:SERVICE/USER")
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise ConfigurationError(f"secret keyring {rest}: install ecma-bridge[keyring]") from None
    try:
        text = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise ConfigurationError(
            f"secret keyring {rest}: cannot be read ({type(error).__name__}); unlock or configure it"
        ) from None
    if text is None:
        raise ConfigurationError(f"secret keyring {rest}: not there; run: keyring set {service} {user}")
    return str(text)


def _from_command(rest: str) -> str:
    try:
        argv = shlex.split(rest)
    except ValueError as error:
        raise ConfigurationError(f"secret command: {error}; check the quotes") from None
    program = argv[0] if argv else ""
    if not Path(program).is_absolute():
        raise ConfigurationError("secret command: begin with the absolute path of the program")
    done = _run(argv)
    if done.returncode:
        # What it wrote may hold the secret, so it is not repeated.
        raise ConfigurationError(f"secret command {program}: failed with status {done.returncode}; run it to see why")
    return _text(done.stdout, f"command {program}")


def _run(argv: list[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - a fixed list of words from the configuration, no shell
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        reason = f"no answer in {COMMAND_SECONDS:g} s; make it quicker"
    except OSError as error:
        reason = f"{error.strerror}; check the path and its mode"
    # Raised out here, so that what the program wrote is not carried along as the context of the error.
    raise ConfigurationError(f"secret command {argv[0]}: {reason}")


def _read(path: Path, check: Callable[[Path, os.stat_result], None] | None) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            # Checked on the open file: a path could be another file by the time it is opened.
            if check:
                check(path, os.fstat(file.fileno()))
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigurationError(
            f"secret file {path}: there is no such file; put the secret there, mode 0600"
        ) from None
    except IsADirectoryError:
        raise ConfigurationError(_NOT_A_FILE.format(path)) from None
    except OSError as error:
        raise ConfigurationError(
            f"secret file {path}: {error.strerror}; make it readable to the service's user"
        ) from None
    return _text(content, f"file {path}")


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigurationError(_NOT_A_FILE.format(path))
    if os.name != "posix":
        return
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigurationError(
            f"secret file {path}: owned by another user; run: chown root {path}, or to the service's user"
        )
    if stat.S_IMODE(status.st_mode) & 0o177:
        raise ConfigurationError(f"secret file {path}: open to other users, or executable; run: chmod 0600 {path}")


def _text(content: bytes, where: str) -> str:
    if len(content) > MAX_BYTES:
        raise ConfigurationError(f"secret {where}: longer than {MAX_BYTES} bytes; this is no password")
    try:
        return content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        pass
    # Raised out here, so that the content is not carried along as the context of the error.
    raise ConfigurationError(f"secret {where}: not UTF-8; store it as UTF-8")


_READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "file": _from_file,
    "credential": _from_credential,
    "keyring": _from_keyring,
    "command": _from_command,
}
