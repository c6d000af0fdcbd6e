"""The group ldap: every kind of write, TLS, imports and large groups, each beside a client written in C."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import c_client
from tests.bench.directories import groups, imports, tls, writes
from tests.bench.figure import Figure


def figures() -> Iterator[Figure]:
    """One after the other, each told as soon as it is known."""
    c_client.require_python_ldap()
    yield from writes.figures()
    yield from tls.figures()
    yield from imports.figures()
    yield from groups.figures()
