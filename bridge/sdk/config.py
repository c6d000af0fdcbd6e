"""The base of every adapter's configuration model, and the type of a secret's reference."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

SOURCES: Final = ("file", "credential", "keyring", "command")


def _refuse_plaintext(text: str) -> str:
    source, _, rest = text.partition(":")
    if source == "env":
        raise ValueError("the environment is readable to others; use file:, credential:, keyring: or command:")
    if source not in SOURCES or not rest:
        # The text may be the secret itself, so it is not repeated here.
        raise ValueError(
            "a secret stands here as a reference: file:PATH, credential:NAME, keyring:SERVICE/USER or command:LINE"
        )
    return text


SecretReference = Annotated[str, AfterValidator(_refuse_plaintext)]
"""Where a secret is kept, never the secret: ``file:/etc/ecma-bridge/ldap.password``. Resolved on opening."""


class AdapterConfig(BaseModel):
    """Frozen, and closed to unknown keys. Each field has a default or is required, and one sentence with its unit."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @property
    def most_workers(self) -> int | None:
        """More instances than these would only wait for each other; None if the target takes any number."""
        return None
