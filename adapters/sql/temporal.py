"""Codecs of dates and times. Pure; chosen by `codecs.py`.

A fraction of a second finer than the column keeps is refused: the database would cut or round it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from adapters.sql.codec import Codec, Storage, expect, string
from bridge.sdk import AttributeType

_UTC = ZoneInfo("UTC")
_MICRO_DIGITS = 6


def temporal(kind: sa.DateTime | sa.Date | sa.Time, storage: Storage, zone: ZoneInfo) -> Codec:
    digits = _fraction_digits(kind)
    if isinstance(kind, sa.DateTime):
        if kind.timezone and storage is Storage.NATIVE:
            return _aware()
        # MariaDB's TIMESTAMP is kept in UTC and told in the session's zone, which we set to UTC.
        return _naive(storage, _UTC if isinstance(kind, mysql.TIMESTAMP) else zone, digits)
    parse = date.fromisoformat if isinstance(kind, sa.Date) else time.fromisoformat
    needs = "a date, as in 2026-03-31" if isinstance(kind, sa.Date) else "a time of day, as in 08:30:00"

    def encode(value: object) -> object:
        try:
            parsed = parse(string(value))
        except ValueError:
            raise ValueError(f"needs {needs}") from None
        _check_fraction(parsed, digits)
        return parsed if storage is Storage.NATIVE else parsed.isoformat()

    return Codec(AttributeType.STRING, encode, str)


def _fraction_digits(kind: sa.DateTime | sa.Date | sa.Time) -> int:
    if isinstance(kind, (mysql.DATETIME, mysql.TIMESTAMP, mysql.TIME)):
        return kind.fsp or 0
    return _MICRO_DIGITS


def _check_fraction(moment: object, digits: int) -> None:
    if getattr(moment, "microsecond", 0) % 10 ** (_MICRO_DIGITS - digits):
        raise ValueError(f"has more than {digits} digits after the second, which the column does not keep")


def _moment(value: object) -> datetime:
    moment: datetime = expect(value, datetime, "a timestamp")
    if moment.tzinfo is None:
        raise ValueError("needs a timestamp with a zone")
    # In UTC, as Python holds times that occur twice in a zone for equal to nothing in another (PEP 495).
    return _shifted(moment, UTC)


def _shifted(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise ValueError("is a time before the year 1 or after 9999") from None


def _aware() -> Codec:
    return Codec(AttributeType.TIMESTAMP, _moment, lambda stored: stored.astimezone(UTC))


def _naive(storage: Storage, zone: ZoneInfo, digits: int) -> Codec:
    def encode(value: object) -> object:
        moment = _moment(value)
        local = _shifted(moment, zone).replace(tzinfo=None, fold=0)
        if local.replace(tzinfo=zone).astimezone(UTC) != moment:
            raise ValueError(f"is a time that occurs twice in {zone.key}, and the column keeps no zone")
        _check_fraction(local, digits)
        return local if storage is Storage.NATIVE else local.isoformat(" ")

    def decode(stored: object) -> datetime:
        moment = stored if isinstance(stored, datetime) else _parsed(stored)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

    return Codec(AttributeType.TIMESTAMP, encode, decode)


def _parsed(stored: object) -> datetime:
    try:
        return datetime.fromisoformat(str(stored))
    except ValueError:
        raise ValueError("is no ISO 8601 timestamp") from None
