"""Hashes are salted, verified, and never trusted to be ours."""

from __future__ import annotations

import pytest

from adapters.sql.config import PasswordScheme
from adapters.sql.passwords import hashed, verifies
from bridge.sdk import Secret

PASSWORD = Secret("Gruß 🦊")


def test_the_password_and_no_other_is_verified():
    stored = hashed(PASSWORD, PasswordScheme.SCRYPT)
    assert verifies(PASSWORD, stored)
    assert not verifies(Secret("Gruß"), stored)
    assert PASSWORD.reveal() not in stored
    assert stored != hashed(PASSWORD, PasswordScheme.SCRYPT)


def test_the_form_is_that_of_other_programs():
    # The second vector of RFC 7914 §12, written as a PHC string.
    stored = (
        "$scrypt$ln=10,r=8,p=16$TmFDbA$"
        "/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA"
    )
    assert verifies(Secret("password"), stored)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "plain",
        "$scrypt$ln=30,r=8,p=1$AAAA$AAAA",
        "$scrypt$ln=0,r=0,p=0$AAAA$AAAA",
        "$scrypt$ln=15,r=8,p=1$A$AAAA",
    ],
)
def test_what_is_no_hash_of_ours_verifies_nothing(stored: str | None):
    assert not verifies(Secret(""), stored)
