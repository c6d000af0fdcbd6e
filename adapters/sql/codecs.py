"""Between one attribute value and what a column is bound to. Pure; `binding.py` chooses a codec for each column.

`encode` raises ValueError with a reason that never repeats the value: `translate.py` says whose it was. What the
database would cut, round or pad silently is refused here, so that a value read back equals the value sent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from adapters.sql.codec import Codec, Storage, expect, string
from adapters.sql.temporal import temporal
from bridge.sdk import AttributeType

_DECIMAL: Final = re.compile(r"-?\d+(\.\d+)?")
_LOOSE_DIGITS: Final = 15
"""SQLite keeps a decimal as a binary double, which is exact to this many digits."""
_SMALL: Final = 16
_PLAIN: Final = 32
_BIG: Final = 64


def codec_for(kind: sa.types.TypeEngine[Any], storage: Storage, zone: ZoneInfo) -> Codec | None:
    """The codec of a catalogue type; None for a type that is not offered (JSON, arrays, geometry, …)."""
    for offered, make in _MAKERS:
        if isinstance(kind, offered):
            return make(kind, storage, zone)
    return None


def spelled(when_true: int | str, when_false: int | str) -> Codec:
    """A boolean in a column that spells it otherwise. Another spelling than these two reads as no value."""
    meanings: dict[object, bool] = {when_true: True, when_false: False}

    def encode(value: object) -> object:
        return when_true if expect(value, bool, "a boolean") else when_false

    return Codec(AttributeType.BOOLEAN, encode, meanings.get)


def _text(max_length: int | None, *, padded: bool) -> Codec:
    def encode(value: object) -> str:
        text = string(value)
        if max_length is not None and len(text) > max_length:
            raise ValueError(f"has {len(text)} characters, at most {max_length} fit")
        if padded and text.endswith(" "):
            raise ValueError("ends in a blank, which a CHAR column does not keep")
        return text

    def stripped(stored: str) -> str:
        return stored.rstrip(" ")

    return Codec(AttributeType.STRING, encode, stripped if padded else str, max_length)


def _enumerated(allowed: tuple[str, ...]) -> Codec:
    def encode(value: object) -> str:
        text = string(value)
        if text not in allowed:
            raise ValueError(f"is none of {', '.join(allowed)}")
        return text

    return Codec(AttributeType.STRING, encode, str)


def _uuid(storage: Storage) -> Codec:
    def encode(value: object) -> object:
        try:
            parsed = UUID(string(value))
        except ValueError:
            raise ValueError("needs a UUID") from None
        return parsed if storage is Storage.NATIVE else str(parsed)

    return Codec(AttributeType.STRING, encode, str)


def _boolean(storage: Storage) -> Codec:
    def encode(value: object) -> object:
        truth: bool = expect(value, bool, "a boolean")
        return truth if storage is Storage.NATIVE else int(truth)

    def decode(stored: object) -> bool:
        if isinstance(stored, int) and stored in (0, 1):
            return bool(stored)
        raise ValueError("is no boolean; give when_true and when_false for this column")

    return Codec(AttributeType.BOOLEAN, encode, decode)


def _bits(kind: sa.Integer, storage: Storage) -> int:
    if storage is Storage.LOOSE or isinstance(kind, sa.BigInteger):
        return _BIG
    return _SMALL if isinstance(kind, sa.SmallInteger) else _PLAIN


def _integer(bits: int, *, unsigned: bool = False) -> Codec:
    low, high = (0, 1 << bits) if unsigned else (-(1 << (bits - 1)), 1 << (bits - 1))

    def encode(value: object) -> int:
        number: int = expect(value, int, "an integer")
        if not low <= number < high:
            raise ValueError(f"does not fit in {bits} bits" + (" without a sign" if unsigned else ""))
        return number

    return Codec(AttributeType.INTEGER, encode, _whole)


def _mysql_integer(bits: int) -> _Maker:
    def make(kind: Any, storage: Storage, _zone: ZoneInfo) -> Codec:
        # BOOLEAN is another word for TINYINT(1) there.
        is_boolean = isinstance(kind, mysql.TINYINT) and kind.display_width == 1
        return _boolean(storage) if is_boolean else _integer(bits, unsigned=bool(kind.unsigned))

    return make


def _whole(stored: object) -> int:
    if isinstance(stored, int):
        return int(stored)
    raise ValueError("is no integer")


def _float(value: object) -> float:
    try:
        number = float(string(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("needs a number, as in -1.5")
    return number


def _decimal(precision: int | None, scale: int | None, storage: Storage) -> Codec:
    def encode(value: object) -> object:
        text = string(value)
        if not _DECIMAL.fullmatch(text):
            raise ValueError("needs a decimal number, as in -1.50")
        whole, _, fraction = text.lstrip("-").partition(".")
        _check_digits(whole.lstrip("0"), fraction.rstrip("0"), precision, scale or 0, storage)
        return Decimal(text) if storage is Storage.NATIVE else text

    def decode(stored: object) -> str:
        number = Decimal(repr(stored) if isinstance(stored, float) else str(stored))
        if storage is Storage.LOOSE and scale is not None:
            number = number.quantize(Decimal(1).scaleb(-scale))
        return format(number, "f")

    return Codec(AttributeType.STRING, encode, decode)


def _check_digits(whole: str, fraction: str, precision: int | None, scale: int, storage: Storage) -> None:
    if precision is not None and len(fraction) > scale:
        raise ValueError(f"has more than {scale} digits after the point")
    if precision is not None and len(whole) > precision - scale:
        raise ValueError(f"has more than {precision - scale} digits before the point")
    if storage is Storage.LOOSE and len((whole + fraction).lstrip("0")) > _LOOSE_DIGITS:
        raise ValueError(f"has more than {_LOOSE_DIGITS} digits, which SQLite does not keep exactly")


def _binary(max_length: int | None, *, padded: bool) -> Codec:
    def encode(value: object) -> bytes:
        raw: bytes = expect(value, bytes, "binary data")
        if max_length is not None and len(raw) > max_length:
            raise ValueError(f"has {len(raw)} bytes, at most {max_length} fit")
        if padded and len(raw) != max_length:
            raise ValueError(f"has {len(raw)} bytes, and the column fills up to {max_length}")
        return raw

    return Codec(AttributeType.BINARY, encode, bytes, max_length)


def _not_offered(_kind: object, _storage: Storage, _zone: ZoneInfo) -> None:
    return None


_Maker = Callable[[Any, Storage, ZoneInfo], Codec | None]

_MYSQL_BLOBS: Final = (mysql.TINYBLOB, mysql.MEDIUMBLOB, mysql.LONGBLOB)
"""Which SQLAlchemy does not hold for a LargeBinary."""

_MAKERS: Final[Sequence[tuple[type[sa.types.TypeEngine[Any]], _Maker]]] = (
    # Enum is a String and Float is a Numeric to SQLAlchemy, so the order counts.
    (mysql.SET, _not_offered),
    (mysql.YEAR, _not_offered),
    (mysql.BIT, _not_offered),
    (mysql.TINYINT, _mysql_integer(8)),
    (mysql.SMALLINT, _mysql_integer(_SMALL)),
    (mysql.MEDIUMINT, _mysql_integer(24)),
    (mysql.INTEGER, _mysql_integer(_PLAIN)),
    (mysql.BIGINT, _mysql_integer(_BIG)),
    (sa.Enum, lambda kind, _storage, _zone: _enumerated(tuple(kind.enums))),
    (sa.Uuid, lambda _kind, storage, _zone: _uuid(storage)),
    (sa.String, lambda kind, _storage, _zone: _text(kind.length, padded=isinstance(kind, sa.CHAR))),
    (sa.Boolean, lambda _kind, storage, _zone: _boolean(storage)),
    (sa.Integer, lambda kind, storage, _zone: _integer(_bits(kind, storage))),
    (sa.Float, lambda _kind, _storage, _zone: Codec(AttributeType.STRING, _float, repr)),
    (sa.Numeric, lambda kind, storage, _zone: _decimal(kind.precision, kind.scale, storage)),
    (sa.DateTime, temporal),
    (sa.Date, temporal),
    (sa.Time, temporal),
    (sa.BINARY, lambda kind, _storage, _zone: _binary(kind.length, padded=True)),
    (sa.VARBINARY, lambda kind, _storage, _zone: _binary(kind.length, padded=False)),
    (sa.LargeBinary, lambda kind, _storage, _zone: _binary(kind.length, padded=False)),
    *((each, lambda _kind, _storage, _zone: _binary(None, padded=False)) for each in _MYSQL_BLOBS),
)
