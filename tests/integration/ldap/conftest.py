"""An open adapter on the session's directory, driven as the host does it; what it made is deleted after."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from adapters.ldap import ADAPTER
from bridge.sdk.testing.contract import Connector, Harness
from tests.support import ldap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.support.containers import OpenLdapServer

    Opened = Callable[[Connector], AbstractContextManager[Harness]]


@contextmanager
def _opened(connector: Connector) -> Iterator[Harness]:
    adapter = connector.adapter(ADAPTER)
    try:
        adapter.open()
        harness = Harness(adapter)
        yield harness
        harness.clear_away()
    finally:
        adapter.close()


@pytest.fixture
def opened() -> Opened:
    return _opened


@pytest.fixture
def harness(openldap_server: OpenLdapServer) -> Iterator[Harness]:
    with _opened(ldap.connector(openldap_server)) as harness:
        yield harness
