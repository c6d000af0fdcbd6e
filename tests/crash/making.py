"""Makes a target by its name, with its server, for the long runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.crash.targets.memory import MemoryTarget
from tests.crash.targets.openldap import OpenLdapTarget
from tests.crash.targets.sql import SqliteTarget, postgresql_target
from tests.crash.targets.target import Target


@contextmanager
def _ldap(directory: Path) -> Iterator[Target]:
    from tests.support import containers  # noqa: PLC0415 - needs a container engine

    with containers.openldap(dbnosync=True) as server:
        yield OpenLdapTarget(server, directory)


@contextmanager
def _postgresql(directory: Path) -> Iterator[Target]:
    from tests.support import containers  # noqa: PLC0415 - needs a container engine

    with containers.postgresql(fsync=False) as server, postgresql_target(server, directory) as target:
        yield target


@contextmanager
def _sqlite(directory: Path) -> Iterator[Target]:
    yield SqliteTarget(directory)


@contextmanager
def _memory(directory: Path) -> Iterator[Target]:
    yield MemoryTarget(directory)


MAKERS: Mapping[str, Callable[[Path], AbstractContextManager[Target]]] = {
    "ldap": _ldap,
    "postgresql": _postgresql,
    "sqlite": _sqlite,
    "memory": _memory,
}
