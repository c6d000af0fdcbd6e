"""A short steady load; ``make soak`` is the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.soak import Soak
from tests.crash.targets.memory import MemoryTarget

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_twenty_seconds_of_load_lose_nothing_and_keep_memory_flat(tmp_path: Path) -> None:
    soaked = Soak(tmp_path, MemoryTarget(tmp_path), seed=105).run(20)
    assert soaked.clean, f"{soaked.verdict}\n{soaked.faults}"
    assert soaked.operations > 1000
