"""Hashes are salted, verified, and never trusted to be ours."""

from __future__ import annotations

import base64
import hashlib

import pytest

from adapters.sql.config import PasswordScheme
from adapters.sql.passwords import hashed, length_of, verifies
from bridge.sdk import PasswordRejectedError, Secret

PASSWORD = Secret("Gruß 🦊")
RFC_7914 = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"


@pytest.mark.parametrize("scheme", PasswordScheme)
def test_the_password_and_no_other_is_verified(scheme: PasswordScheme):
    stored = hashed(PASSWORD, scheme)
    assert verifies(PASSWORD, stored)
    assert not verifies(Secret("Gruß"), stored)
    assert PASSWORD.reveal() not in stored
    assert stored != hashed(PASSWORD, scheme)
    assert len(stored) == length_of(scheme)


@pytest.mark.parametrize(
    ("password", "stored"),
    [
        # The second vector of RFC 7914 §12, written as a PHC string.
        (
            "password",
            (
                "$scrypt$ln=10,r=8,p=16$TmFDbA$"
                "/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA"
            ),
        ),
        # The reference implementation's own test of argon2i.
        ("password", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"),
        # OpenBSD's test vectors, and the prefix that PHP writes.
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        # The first vector of RFC 7914 §11, of which a hash of 32 bytes is the first half.
        ("passwd", "pbkdf2_sha256$1$salt$" + base64.b64encode(bytes.fromhex(RFC_7914)).decode()),
    ],
)
def test_the_form_is_that_of_other_programs(password: str, stored: str):
    assert verifies(Secret(password), stored)


def test_salted_sha1_is_read_with_a_salt_of_any_length():
    for salt in (b"", b"salt", b"s" * 16):
        stored = "{SSHA}" + base64.b64encode(hashlib.sha1(b"secret" + salt).digest() + salt).decode()  # noqa: S324 - SSHA
        assert verifies(Secret("secret"), stored)
        assert not verifies(Secret("Secret"), stored)


def test_bcrypt_rejects_what_it_would_cut():
    with pytest.raises(PasswordRejectedError, match="72"):
        hashed(Secret("ü" * 37), PasswordScheme.BCRYPT)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "plain",
        "$scrypt$ln=30,r=8,p=1$AAAA$AAAA",
        "$scrypt$ln=0,r=0,p=0$AAAA$AAAA",
        "$scrypt$ln=15,r=8,p=1$A$AAAA",
        "$argon2id$v=19$m=999999999,t=3,p=4$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=65536,t=9999,p=4$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=8,t=1,p=1$A$A",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$00$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "pbkdf2_sha256$99999999$salt$AAAA",
        "pbkdf2_sha256$0$salt$AAAA",
        "{SSHA}A",
        "{SSHA}AAAA",
    ],
)
def test_what_is_no_hash_of_ours_verifies_nothing(stored: str | None):
    assert not verifies(Secret(""), stored)
