"""What a codec is, and what all of them share. The codecs are in `codecs.py` and `temporal.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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


def expect(value: Any, kind: type, what: str) -> Any:
    # bool is a subclass of int, and is not an integer here.
    if type(value) is not kind:
        raise ValueError(f"needs {what}")
    return value


def string(value: object) -> str:
    text: str = value.reveal() if isinstance(value, Secret) else expect(value, str, "a string")
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
