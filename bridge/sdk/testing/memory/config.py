"""Configuration of the reference adapter."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field, field_validator

from bridge.sdk import AdapterConfig, Replay


class History(StrEnum):
    """Whether a store in memory records what was done to it. A store in a file always does."""

    NONE = "none"
    KEPT = "kept"


class MemoryConfig(AdapterConfig):
    store: str = Field(
        default="",
        description="Name by which instances in this process share the store. Empty: the connector's name.",
    )
    file: Path | None = Field(
        default=None,
        description="SQLite file that holds the store and its history, absolute. Not given: memory only.",
    )
    history: History = Field(
        default=History.NONE,
        description="Whether a store in memory records each attempt, at a cost in time and memory.",
    )
    replay: Replay = Field(
        default=Replay.PROBE,
        description="How writes in doubt are brought to one effect; marker makes the store keep its history.",
    )
    joined_changes: int = Field(
        default=1, ge=1, description="Most operations on the values of one object that may come as one update."
    )
    minimum_password_length: int = Field(
        default=8, ge=0, description="Shortest password that the store accepts, in characters."
    )

    @field_validator("file")
    @classmethod
    def _absolute(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_absolute():
            raise ValueError("give an absolute path: instances share the store by it")
        return file

    @property
    def keeps_history(self) -> bool:
        return self.history is History.KEPT or self.replay is Replay.MARKER
