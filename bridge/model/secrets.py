"""A value that must not be shown: it prints as ``***`` everywhere and is read on purpose only.

Callers' passwords and resolved configuration secrets travel in this type from ingress to adapter.
"""

from __future__ import annotations

import hmac
from typing import Final, final


@final
class Secret:
    """Text that no repr, format, log or traceback shows. `reveal` is the only way to the value."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text: Final = text

    def reveal(self) -> str:
        """The value in clear, for the one call that needs it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        # A hash of the text would be a fingerprint of a short password.
        return hash(Secret)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not pickled")
