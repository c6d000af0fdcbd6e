"""How the configuration names columns: one, or a list where a key has several. Used by the settings' modules."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


Columns = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]
"""One column, or a list of them where the key has several."""
