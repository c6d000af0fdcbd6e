"""Hashing of passwords, and the check of an old one. Pure; called by `translate.py` and `execution.py`.

Each scheme writes a text form that other programs read, and is recognised by it: a stored hash of any scheme is
checked, whatever is configured for new ones. A stored cost that would hold up the worker is not tried.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import argon2
import bcrypt

from adapters.sql.config import PasswordScheme
from bridge.sdk import PasswordRejectedError, Secret

Cost = tuple[int, int, int]
"""The binary logarithm of the rounds, the block size, the parallelism (RFC 7914 §2)."""

_COST: Final[Cost] = (15, 8, 1)
_SALT_SIZE: Final = 16
_HASH_SIZE: Final = 32
_MEMORY: Final = 64 * 2**20
"""The most memory in bytes that one hash may take."""

_ARGON2: Final = argon2.PasswordHasher()
_ARGON2_TIME: Final = 16
_BCRYPT_COST: Final = 14
_BCRYPT_SIZE: Final = 72
_PBKDF2_ROUNDS: Final = 600_000
_PBKDF2_MOST: Final = 5_000_000
_SSHA_SALT_SIZE: Final = 8
_SHA1_SIZE: Final = 20


@dataclass(frozen=True, slots=True)
class _Scheme:
    """`length` is that of what `make` writes. `check` may raise ValueError for text that only looks like the form."""

    form: re.Pattern[str]
    length: int
    make: Callable[[bytes], str]
    check: Callable[[bytes, re.Match[str]], bool]


def hashed(password: Secret, scheme: PasswordScheme) -> str:
    """The text to store, with a new random salt. PasswordRejectedError for one that the scheme cannot take."""
    return _SCHEMES[scheme].make(password.reveal().encode())


def length_of(scheme: PasswordScheme) -> int:
    """How many characters a column must take."""
    return _SCHEMES[scheme].length


def verifies(password: Secret, stored: str | None) -> bool:
    """Whether that is the password that was stored. False for an empty column and for a form that is none of ours."""
    for scheme in _SCHEMES.values():
        found = scheme.form.fullmatch(stored or "")
        if found is not None:
            try:
                return scheme.check(password.reveal().encode(), found)
            except ValueError:
                return False
    return False


def _make_scrypt(password: bytes) -> str:
    salt = os.urandom(_SALT_SIZE)
    digest = _scrypt(password, salt, _COST, _HASH_SIZE)
    return "$scrypt$ln={},r={},p={}${}${}".format(*_COST, _bare(salt), _bare(digest))


def _check_scrypt(password: bytes, parts: re.Match[str]) -> bool:
    log_cost, block_size, parallel = (int(each) for each in parts.groups()[:3])
    salt, expected = (_decode(each) for each in parts.groups()[3:])
    return hmac.compare_digest(_scrypt(password, salt, (log_cost, block_size, parallel), len(expected)), expected)


def _scrypt(password: bytes, salt: bytes, cost: Cost, size: int) -> bytes:
    """ValueError for a cost beyond our memory limit."""
    log_cost, block_size, parallel = cost
    return hashlib.scrypt(password, salt=salt, n=1 << log_cost, r=block_size, p=parallel, maxmem=_MEMORY, dklen=size)


def _check_argon2(password: bytes, parts: re.Match[str]) -> bool:
    memory, time = int(parts[1]), int(parts[2])
    if memory * 1024 > _MEMORY or time > _ARGON2_TIME:
        return False
    try:
        return _ARGON2.verify(parts[0], password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _make_bcrypt(password: bytes) -> str:
    if len(password) > _BCRYPT_SIZE:
        raise PasswordRejectedError(f"bcrypt takes at most {_BCRYPT_SIZE} bytes of a password, in UTF-8")
    return bcrypt.hashpw(password, bcrypt.gensalt()).decode()


def _check_bcrypt(password: bytes, parts: re.Match[str]) -> bool:
    # Programs that do not refuse a longer one look at its beginning only.
    return int(parts[1]) <= _BCRYPT_COST and bcrypt.checkpw(password[:_BCRYPT_SIZE], parts[0].encode())


def _make_pbkdf2(password: bytes) -> str:
    salt = os.urandom(_SALT_SIZE).hex()
    return f"pbkdf2_sha256${_PBKDF2_ROUNDS}${salt}${_encode(_pbkdf2(password, salt, _PBKDF2_ROUNDS))}"


def _check_pbkdf2(password: bytes, parts: re.Match[str]) -> bool:
    rounds = int(parts[1])
    return 0 < rounds <= _PBKDF2_MOST and hmac.compare_digest(_pbkdf2(password, parts[2], rounds), _decode(parts[3]))


def _pbkdf2(password: bytes, salt: str, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password, salt.encode(), rounds)


def _make_ssha(password: bytes) -> str:
    salt = os.urandom(_SSHA_SALT_SIZE)
    return "{SSHA}" + _encode(_salted_sha1(password, salt) + salt)


def _check_ssha(password: bytes, parts: re.Match[str]) -> bool:
    raw = _decode(parts[1])
    digest, salt = raw[:_SHA1_SIZE], raw[_SHA1_SIZE:]
    return hmac.compare_digest(_salted_sha1(password, salt), digest)


def _salted_sha1(password: bytes, salt: bytes) -> bytes:
    return hashlib.sha1(password + salt).digest()  # noqa: S324 - what systems that know nothing better read


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bare(raw: bytes) -> str:
    return _encode(raw).rstrip("=")


def _decode(text: str) -> bytes:
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4))


_BASE64: Final = r"([A-Za-z0-9+/]+=*)"

_SCHEMES: Final[Mapping[PasswordScheme, _Scheme]] = {
    PasswordScheme.SCRYPT: _Scheme(
        re.compile(rf"\$scrypt\$ln=(\d{{1,2}}),r=(\d{{1,2}}),p=(\d{{1,2}})\${_BASE64}\${_BASE64}"),
        88,
        _make_scrypt,
        _check_scrypt,
    ),
    PasswordScheme.ARGON2: _Scheme(
        re.compile(rf"\$argon2(?:id|i|d)\$v=19\$m=(\d{{1,9}}),t=(\d{{1,4}}),p=\d{{1,2}}\${_BASE64}\${_BASE64}"),
        97,
        _ARGON2.hash,
        _check_argon2,
    ),
    PasswordScheme.BCRYPT: _Scheme(re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}"), 60, _make_bcrypt, _check_bcrypt),
    PasswordScheme.PBKDF2: _Scheme(
        re.compile(rf"pbkdf2_sha256\$(\d{{1,8}})\$([^$]+)\${_BASE64}"), 98, _make_pbkdf2, _check_pbkdf2
    ),
    PasswordScheme.SSHA: _Scheme(re.compile(rf"\{{SSHA\}}{_BASE64}"), 46, _make_ssha, _check_ssha),
}
