"""What the caller was told, and when: the one side of the comparison that `checker` makes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.model.errors import BridgeError
    from bridge.model.identity import OperationId
    from bridge.model.status import OperationStatus


@dataclass(slots=True)
class History:
    """Written by the thread that talks to the bridge, read by the one that kills it. Times are monotonic."""

    acknowledged: dict[OperationId, float] = field(default_factory=dict)
    settled: dict[OperationId, OperationStatus] = field(default_factory=dict)
    refused: dict[OperationId, BridgeError] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    """Results that were told a second time, and differently."""
    last_told: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accepted(self, operation: OperationId) -> None:
        with self._lock:
            self.last_told = time.monotonic()
            self.acknowledged.setdefault(operation, self.last_told)

    def told(self, status: OperationStatus) -> None:
        with self._lock:
            self.last_told = time.monotonic()
            self.acknowledged.setdefault(status.id, self.last_told)
            before = self.settled.setdefault(status.id, status)
            if before != status:
                self.contradictions.append(f"{status.id}: told {before}, later {status}")

    def refuse(self, operation: OperationId, error: BridgeError) -> None:
        with self._lock:
            self.last_told = time.monotonic()
            self.refused[operation] = error
