"""Between one attribute value and what a column is bound to. Pure; `binding.py` chooses a codec for each column.

`encode` raises ValueError with a reason that never repeats the value: `translate.py` says whose it was. What the
database would cut, round or pad silently is refused here, so that a value read back equals the value sent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bridge.sdk import AttributeType, Secret, Value


class Storage(StrEnum):
    """Whether the engine has types of its own for decimals, booleans and times, or keeps them as text and numbers."""

    NATIVE = "native"
    LOOSE = "loose"


@dataclass(frozen=True, slots=True)
class Codec:
    """`decode` is never given NULL. `max_length` counts characters, or bytes for binary."""

    type: AttributeType
    encode: Callable[[Any], object]
    decode: Callable[[Any], Value | None]
    max_length: int | None = None


_DECIMAL: Final = re.compile(r"-?\d+(\.\d+)?")
_LOOSE_DIGITS: Final = 15
"""SQLite keeps a decimal as a binary double, which is exact to this many digits."""
_PG_SMALL: Final = 16
_PG_PLAIN: Final = 32
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
        return when_true if _expect(value, bool, "a boolean") else when_false

    return Codec(AttributeType.BOOLEAN, encode, meanings.get)


def _expect(value: Any, kind: type, what: str) -> Any:
    # bool is a subclass of int, and is not an integer here.
    if type(value) is not kind:
        raise ValueError(f"needs {what}")
    return value


def _string(value: object) -> str:
    text: str = value.reveal() if isinstance(value, Secret) else _expect(value, str, "a string")
    if not text.isascii():
        _refuse_surrogates(text)
    if "\0" in text:
        raise ValueError("holds a NUL character, which databases do not take")
    return text


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a surrogate pair, which is no text") from None


def _text(max_length: int | None, *, padded: bool) -> Codec:
    def encode(value: object) -> str:
        text = _string(value)
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
        text = _string(value)
        if text not in allowed:
            raise ValueError(f"is none of {', '.join(allowed)}")
        return text

    return Codec(AttributeType.STRING, encode, str)


def _uuid(storage: Storage) -> Codec:
    def encode(value: object) -> object:
        try:
            parsed = UUID(_string(value))
        except ValueError:
            raise ValueError("needs a UUID") from None
        return parsed if storage is Storage.NATIVE else str(parsed)

    return Codec(AttributeType.STRING, encode, str)


def _boolean(storage: Storage) -> Codec:
    def encode(value: object) -> object:
        truth: bool = _expect(value, bool, "a boolean")
        return truth if storage is Storage.NATIVE else int(truth)

    def decode(stored: object) -> bool:
        if isinstance(stored, int) and stored in (0, 1):
            return bool(stored)
        raise ValueError("is no boolean; give when_true and when_false for this column")

    return Codec(AttributeType.BOOLEAN, encode, decode)


def _bits(kind: sa.Integer, storage: Storage) -> int:
    if storage is Storage.LOOSE or isinstance(kind, sa.BigInteger):
        return _BIG
    return _PG_SMALL if isinstance(kind, sa.SmallInteger) else _PG_PLAIN


def _integer(bits: int) -> Codec:
    limit = 1 << (bits - 1)

    def encode(value: object) -> int:
        number: int = _expect(value, int, "an integer")
        if not -limit <= number < limit:
            raise ValueError(f"does not fit in {bits} bits")
        return number

    return Codec(AttributeType.INTEGER, encode, _whole)


def _whole(stored: object) -> int:
    if isinstance(stored, int):
        return int(stored)
    raise ValueError("is no integer")


def _float(value: object) -> float:
    try:
        number = float(_string(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("needs a number, as in -1.5")
    return number


def _decimal(precision: int | None, scale: int | None, storage: Storage) -> Codec:
    def encode(value: object) -> object:
        text = _string(value)
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


def _temporal(kind: sa.DateTime | sa.Date | sa.Time, storage: Storage, zone: ZoneInfo) -> Codec:
    if isinstance(kind, sa.DateTime):
        return _aware() if kind.timezone and storage is Storage.NATIVE else _naive(storage, zone)
    parse = date.fromisoformat if isinstance(kind, sa.Date) else time.fromisoformat
    needs = "a date, as in 2026-03-31" if isinstance(kind, sa.Date) else "a time of day, as in 08:30:00"

    def encode(value: object) -> object:
        try:
            parsed = parse(_string(value))
        except ValueError:
            raise ValueError(f"needs {needs}") from None
        return parsed if storage is Storage.NATIVE else parsed.isoformat()

    return Codec(AttributeType.STRING, encode, str)


def _moment(value: object) -> datetime:
    moment: datetime = _expect(value, datetime, "a timestamp")
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


def _naive(storage: Storage, zone: ZoneInfo) -> Codec:
    def encode(value: object) -> object:
        moment = _moment(value)
        local = _shifted(moment, zone).replace(tzinfo=None, fold=0)
        if local.replace(tzinfo=zone).astimezone(UTC) != moment:
            raise ValueError(f"is a time that occurs twice in {zone.key}, and the column keeps no zone")
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


def _binary(max_length: int | None) -> Codec:
    def encode(value: object) -> bytes:
        raw: bytes = _expect(value, bytes, "binary data")
        if max_length is not None and len(raw) > max_length:
            raise ValueError(f"has {len(raw)} bytes, at most {max_length} fit")
        return raw

    return Codec(AttributeType.BINARY, encode, bytes, max_length)


_Maker = Callable[[Any, Storage, ZoneInfo], Codec]

_MAKERS: Final[Sequence[tuple[type[sa.types.TypeEngine[Any]], _Maker]]] = (
    # Enum is a String and Float is a Numeric to SQLAlchemy, so the order counts.
    (sa.Enum, lambda kind, _storage, _zone: _enumerated(tuple(kind.enums))),
    (sa.Uuid, lambda _kind, storage, _zone: _uuid(storage)),
    (sa.String, lambda kind, _storage, _zone: _text(kind.length, padded=isinstance(kind, sa.CHAR))),
    (sa.Boolean, lambda _kind, storage, _zone: _boolean(storage)),
    (sa.Integer, lambda kind, storage, _zone: _integer(_bits(kind, storage))),
    (sa.Float, lambda _kind, _storage, _zone: Codec(AttributeType.STRING, _float, repr)),
    (sa.Numeric, lambda kind, storage, _zone: _decimal(kind.precision, kind.scale, storage)),
    (sa.DateTime, _temporal),
    (sa.Date, _temporal),
    (sa.Time, _temporal),
    (sa.LargeBinary, lambda kind, _storage, _zone: _binary(kind.length)),
)
