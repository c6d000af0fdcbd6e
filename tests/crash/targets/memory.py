"""The reference adapter on a file: its history has a row for each attempt that reached it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.model.identity import Name
from bridge.sdk.testing.memory import read_history
from tests.crash.checker import Asked, Effect, Repeat
from tests.crash.targets.target import RETRIES
from tests.crash.workload import Vocabulary


class MemoryTarget:
    name = "memory"
    vocabulary = Vocabulary(
        user=Name,
        group=Name,
        attributes=lambda label: {"display_name": (label,)},
        group_attributes=lambda label: {"description": (label,)},
        counter="employee_number",
        count=int,
        values="mail",
        member="member",
        password=Repeat.HARMLESS,
    )

    def __init__(self, directory: Path) -> None:
        self._file = directory / "target.sqlite"

    def connector(self) -> Mapping[str, Any]:
        return {"adapter": "memory", "settings": {"file": str(self._file)}, **RETRIES}

    def record(self, asked: Sequence[Asked]) -> Sequence[Effect]:
        """The history names operations; what each does is known."""
        known = {each.id: each for each in asked}
        applied = [known[row.operation] for row in read_history(self._file) if row.effect == "applied"]
        return [Effect(each.lane, what) for each in applied for what in each.effects]
