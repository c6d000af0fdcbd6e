"""Which instances share which store. Called by `adapter` when an instance is opened and closed.

The host makes an adapter's instances from configuration alone, and every worker's instance must see one
target. A target in a process's own memory has no address but a name, so this dictionary is its network. It is
the only state of the package that outlives an instance.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

from bridge.sdk.testing.memory.config import MemoryConfig
from bridge.sdk.testing.memory.ledger import FileLedger, MemoryLedger
from bridge.sdk.testing.memory.store import Store

_STORES: Final[dict[str, Store]] = {}
_USERS: Final[Counter[str]] = Counter()
_GUARD: Final = threading.Lock()


def named_store(name: str) -> Store:
    """The store in memory of that name, for tests that judge it or cut it off; KeyError if there is none."""
    with _GUARD:
        return _STORES[name]


def forget_store(name: str) -> None:
    """Drop a store in memory and all that it holds; who opens the name next begins an empty one."""
    with _GUARD:
        _STORES.pop(name, None)


def enter(key: str, config: MemoryConfig) -> Store:
    """The store that the instances of this configuration share. The first one decides how it is made."""
    with _GUARD:
        if key not in _STORES:
            _STORES[key] = _made(config)
        _USERS[key] += 1
        _STORES[key].sessions += 1
        return _STORES[key]


def leave(key: str, config: MemoryConfig) -> None:
    """Let go of the store. One in memory stays for those who open it again.

    One in a file is closed with its last instance, so that another process may open the file.

    """
    with _GUARD:
        _USERS[key] -= 1
        if config.file is not None and _USERS[key] == 0:
            _STORES.pop(key).close()


def _made(config: MemoryConfig) -> Store:
    if config.file is not None:
        return Store(FileLedger(config.file), config.minimum_password_length)
    ledger = MemoryLedger() if config.keeps_history else None
    return Store(ledger, config.minimum_password_length)
