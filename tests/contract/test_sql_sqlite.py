"""The SQL adapter keeps the contract on SQLite, with markers and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.sql import ADAPTER
from bridge.sdk.testing.contract import Connector, contract_suite
from tests.contract.sql_samples import SAMPLE
from tests.support.sql_tables import sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sqlite_plain(tmp_path: Path) -> Connector:
    return Connector(sqlite_settings(tmp_path / "target.db"))


@pytest.fixture
def sqlite_marked(tmp_path: Path) -> Connector:
    return Connector(sqlite_settings(tmp_path / "target.db", markers="create"))


@pytest.fixture
def sqlite_without_passwords(tmp_path: Path) -> Connector:
    settings = sqlite_settings(tmp_path / "target.db")
    del settings["object_types"]["user"]["password"]
    return Connector(settings)


@pytest.fixture
def sqlite_absent(tmp_path: Path) -> Connector:
    settings = sqlite_settings(tmp_path / "target.db")
    (tmp_path / "target.db").unlink()
    return Connector(settings)


TestPlain = contract_suite(spec=ADAPTER, connector="sqlite_plain", sample=SAMPLE, unreachable="sqlite_absent")
TestMarked = contract_suite(spec=ADAPTER, connector="sqlite_marked", sample=SAMPLE)
TestNoPasswords = contract_suite(spec=ADAPTER, connector="sqlite_without_passwords", sample=SAMPLE)
