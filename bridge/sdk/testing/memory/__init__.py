"""The reference adapter: a target in memory, or in a SQLite file that survives a killed process.

The engine's tests and the benchmark run on it, and it shows authors what each verb means.
"""

from bridge.sdk import AdapterSpec
from bridge.sdk.testing.memory.adapter import MemoryAdapter
from bridge.sdk.testing.memory.config import History, MemoryConfig
from bridge.sdk.testing.memory.ledger import HistoryRow, read_history
from bridge.sdk.testing.memory.sharing import forget_store, named_store
from bridge.sdk.testing.memory.store import Store

ADAPTER = AdapterSpec(
    name="memory",
    config="bridge.sdk.testing.memory.config:MemoryConfig",
    adapter="bridge.sdk.testing.memory.adapter:MemoryAdapter",
    settle_time=0.0,  # a call that was broken off has ended: there is no wire on which it could still travel
)

__all__ = [
    "ADAPTER",
    "History",
    "HistoryRow",
    "MemoryAdapter",
    "MemoryConfig",
    "Store",
    "forget_store",
    "named_store",
    "read_history",
]
