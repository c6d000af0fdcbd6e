"""A value that a codec takes comes back equal; one that the column would change is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from adapters.sql.codecs import Storage, codec_for, spelled
from tests.unit.sql.kinds import UTC_ZONE, codec

MOMENTS = st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1), timezones=st.timezones())  # noqa: DTZ001 # bounds are naive by contract
BOTH = pytest.mark.parametrize("storage", Storage)


def kept_by_sqlite(declared: str, bound: object) -> Any:
    """What SQLite gives back of a bound value in a column of that declared type."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t (c {declared})")
        connection.execute("INSERT INTO t VALUES (?)", (bound,))
        return connection.execute("SELECT c FROM t").fetchone()[0]


@given(st.decimals(-99999999, 99999999, places=2))
def test_decimals_come_back_with_their_scale_from_sqlite(number: Decimal):
    text = format(number, "f")
    loose = codec(sa.Numeric(10, 2), Storage.LOOSE)
    kept = loose.decode(kept_by_sqlite("NUMERIC(10, 2)", loose.encode(text)))
    assert Decimal(str(kept)) == number
    assert str(kept).partition(".")[2].isdigit()


@given(MOMENTS)
def test_moments_come_back_from_columns_of_either_kind(moment: datetime):
    for kind, storage in [
        (sa.DateTime(timezone=True), Storage.NATIVE),
        (sa.DateTime(), Storage.NATIVE),
        (sa.DateTime(), Storage.LOOSE),
    ]:
        each = codec(kind, storage)
        assert each.decode(each.encode(moment)) == moment.astimezone(UTC)


@given(MOMENTS)
def test_a_zone_with_summer_time_keeps_a_moment_or_refuses_it(moment: datetime):
    vienna = codec(sa.DateTime(), Storage.LOOSE, "Europe/Vienna")
    try:
        stored = vienna.encode(moment)
    except ValueError as error:
        assert "twice" in str(error)  # noqa: PT017 # either outcome is right, each in its own way
    else:
        assert vienna.decode(stored) == moment.astimezone(UTC)


@given(st.text())
def test_text_is_kept_or_refused(text: str):
    for kind in (sa.String(5), sa.CHAR(5), sa.Text()):
        each = codec(kind)
        try:
            stored = str(each.encode(text))
        except ValueError as error:
            assert text not in str(error) or len(text) < 6  # noqa: PT017 # as above
        else:
            assert each.decode(stored.ljust(5) if isinstance(kind, sa.CHAR) else stored) == text


@BOTH
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (sa.Integer(), True),
        (sa.Integer(), "1"),
        (sa.Integer(), 2**63),
        (sa.Boolean(), 1),
        (sa.Boolean(), "true"),
        (sa.Numeric(5, 2), 1),
        (sa.Numeric(5, 2), "1.234"),
        (sa.Numeric(5, 2), "1000"),
        (sa.Numeric(5, 2), "NaN"),
        (sa.Numeric(5), "1.5"),
        (sa.Float(), "inf"),
        (sa.Float(), "one"),
        (sa.Date(), "2024-13-01"),
        (sa.Time(), "25:00"),
        (sa.DateTime(), datetime(2024, 1, 1)),  # noqa: DTZ001 # that it has no zone is the point
        (sa.DateTime(), "2024-01-01"),
        (sa.LargeBinary(2), b"123"),
        (sa.LargeBinary(), "text"),
        (sa.Enum("a", "b"), "c"),
        (sa.Uuid(), "no uuid"),
        (sa.String(2), "abc"),
        (sa.CHAR(9), "blank "),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_refused(kind: sa.types.TypeEngine[Any], storage: Storage, value: object):
    with pytest.raises(ValueError, match=r"needs|fit|digits|none of|blank"):
        codec(kind, storage).encode(value)


def test_integers_are_as_wide_as_their_column():
    for kind, bits in [(sa.SmallInteger(), 16), (sa.Integer(), 32), (sa.BigInteger(), 64)]:
        assert codec(kind).encode(2 ** (bits - 1) - 1) == 2 ** (bits - 1) - 1
        with pytest.raises(ValueError, match=f"{bits} bits"):
            codec(kind).encode(2 ** (bits - 1))


def test_trailing_zeros_are_no_digits_too_many():
    assert codec(sa.Numeric(5, 2)).encode("001.5000") == Decimal("1.5")


def test_a_boolean_may_be_spelled():
    each = spelled("Y", "N")
    assert [each.encode(value) for value in (True, False)] == ["Y", "N"]
    assert [each.decode(stored) for stored in ("Y", "N", "?")] == [True, False, None]


@pytest.mark.parametrize("kind", [sa.JSON(), postgresql.ARRAY(sa.Text()), sa.types.NULLTYPE, sa.Interval()])
def test_other_types_are_not_offered(kind: sa.types.TypeEngine[Any]):
    assert codec_for(kind, Storage.NATIVE, UTC_ZONE) is None


def test_utc_is_what_is_read():
    aware = codec(sa.DateTime(timezone=True))
    assert aware.decode(datetime(2024, 1, 1, tzinfo=UTC)).tzinfo is UTC  # type: ignore[union-attr]  # a timestamp


@pytest.mark.parametrize("zone", ["UTC", "Europe/Vienna"])
def test_the_ends_of_time_are_kept_or_refused(zone: str):
    never = datetime(9999, 12, 31, tzinfo=UTC)
    each = codec(sa.DateTime(), Storage.LOOSE, zone)
    assert each.decode(each.encode(never)) == never
    with pytest.raises(ValueError, match=r"after 9999"):
        codec(sa.DateTime(), Storage.LOOSE, "Asia/Tokyo").encode(never.replace(hour=23))
