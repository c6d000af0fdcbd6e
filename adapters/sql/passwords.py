"""Hashing of passwords, and the check of an old one. Pure; called by `translate.py` and `adapter.py`.

The text form is the PHC string format, as passlib and others write and read it for scrypt.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from typing import Final, assert_never

from adapters.sql.config import PasswordScheme
from bridge.sdk import Secret

Cost = tuple[int, int, int]
"""The binary logarithm of the rounds, the block size, the parallelism (RFC 7914 §2)."""

_COST: Final[Cost] = (15, 8, 1)
_SALT_SIZE: Final = 16
_HASH_SIZE: Final = 32
_MEMORY: Final = 64 * 2**20
"""The most memory in bytes that one hash may take; a stored cost above it is not tried."""

_SCRYPT: Final = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)")


def hashed(password: Secret, scheme: PasswordScheme) -> str:
    """The text to store, with a new random salt."""
    match scheme:
        case PasswordScheme.SCRYPT:
            salt = os.urandom(_SALT_SIZE)
            digest = _scrypt(password, salt, _COST, _HASH_SIZE)
            return "$scrypt$ln={},r={},p={}${}${}".format(*_COST, _encode(salt), _encode(digest))
    assert_never(scheme)


def verifies(password: Secret, stored: str | None) -> bool:
    """Whether that is the password that was stored. False for an empty column and for a form that we do not write."""
    parts = _SCRYPT.fullmatch(stored or "")
    if parts is None:
        return False
    log_cost, block_size, parallel = (int(each) for each in parts.groups()[:3])
    try:
        salt, expected = (_decode(each) for each in parts.groups()[3:])
        digest = _scrypt(password, salt, (log_cost, block_size, parallel), len(expected))
    except ValueError:
        # A cost beyond our memory limit, or text that is no base64.
        return False
    return hmac.compare_digest(digest, expected)


def _scrypt(password: Secret, salt: bytes, cost: Cost, size: int) -> bytes:
    log_cost, block_size, parallel = cost
    return hashlib.scrypt(
        password.reveal().encode(),
        salt=salt,
        n=1 << log_cost,
        r=block_size,
        p=parallel,
        maxmem=_MEMORY,
        dklen=size,
    )


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
