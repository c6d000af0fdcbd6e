"""Seals the secrets of operations while they wait, and shreds them when they have settled.

Each hour has a key of its own in a file beside the journal, never in it and never in a backup. When everything that
was sealed under a key has settled, the file is deleted: what the WAL, free pages and backups still hold is then dead
(delivery §2.1). Called by `acceptance` (seal), `entries` (unseal) and `retention` (shred).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.model.errors import UnavailableError

KEY_BYTES = 32
NONCE_BYTES = 12


class Sealer:
    """Keys in `directory`, one file an hour, readable by the service's user only."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._keys: dict[int, bytes] = {}
        self._fingerprint_key = self._load("fingerprint", create=True)

    def seal(self, secrets: Sequence[str], bound_to: str, now: float) -> tuple[int, str]:
        """The hour of the key, and the sealed text. `bound_to` must be given again to unseal."""
        hour = int(now // 3600)
        nonce = os.urandom(NONCE_BYTES)
        clear = json.dumps(secrets).encode()
        sealed = AESGCM(self._hourly(hour, create=True)).encrypt(nonce, clear, bound_to.encode())
        return hour, base64.b64encode(nonce + sealed).decode()

    def unseal(self, hour: int, sealed: str, bound_to: str) -> tuple[str, ...]:
        raw = base64.b64decode(sealed)
        key = self._hourly(hour, create=False)
        try:
            clear = AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode())
        except InvalidTag:
            raise UnavailableError(f"the sealed secret of operation {bound_to} does not open with its key") from None
        return tuple(json.loads(clear))

    def fingerprint(self, content: str, secrets: Sequence[str]) -> str:
        """Tells two contents apart. Keyed, so that nobody can try passwords against it."""
        digest = hashlib.blake2b(content.encode(), digest_size=16, key=self._fingerprint_key)
        for secret in secrets:
            digest.update(b"\0" + secret.encode())
        return digest.hexdigest()

    def shred(self, needed: Collection[int], now: float) -> None:
        """Delete the keys of past hours under which nothing is sealed any more."""
        for path in self._directory.glob("[0-9]*.key"):
            hour = int(path.stem)
            if hour < int(now // 3600) and hour not in needed:
                path.unlink()
                self._keys.pop(hour, None)

    def _hourly(self, hour: int, *, create: bool) -> bytes:
        key = self._keys.get(hour)
        if key is None:
            key = self._keys[hour] = self._load(str(hour), create=create)
        return key

    def _load(self, name: str, *, create: bool) -> bytes:
        """A file of another length was damaged: what was sealed under it is as dead as if it were missing."""
        path = self._directory / f"{name}.key"
        key = path.read_bytes() if path.exists() else b""
        if len(key) == KEY_BYTES:
            return key
        if not create:
            raise UnavailableError(f"the key file {path} is missing or damaged; secrets sealed under it are lost")
        return _write_key(path)


def _write_key(path: Path) -> bytes:
    """On disk as a whole or not at all: a power loss in between leaves no half of a key."""
    key = os.urandom(KEY_BYTES)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_directory(path.parent)
    return key


def sync_directory(directory: Path) -> None:
    """Make a new name in the directory durable. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
