"""Killed with -9 at every crash point and at random moments: nothing is lost, done twice or reordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.telemetry.failpoints import CrashPoint
from tests.crash.ordeal import MARCH, Ordeal, Report
from tests.crash.targets.memory import MemoryTarget
from tests.crash.targets.openldap import OpenLdapTarget
from tests.crash.targets.sql import SqliteTarget, postgresql_target

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.containers import OpenLdapServer, PostgreSqlServer

pytestmark = pytest.mark.slow


def _assert_kept(report: Report) -> None:
    assert report.clean, f"{report.verdict}\n{report.gaps}\nkilled at {dict(report.deaths)}"


@pytest.mark.service
@pytest.mark.timeout(300)
def test_openldap_50_crashes(openldap_server: OpenLdapServer, tmp_path: Path) -> None:
    _assert_kept(Ordeal(tmp_path, OpenLdapTarget(openldap_server, tmp_path), seed=101).run(50))


@pytest.mark.service
@pytest.mark.timeout(300)
def test_postgresql_50_crashes(postgresql_server: PostgreSqlServer, tmp_path: Path) -> None:
    with postgresql_target(postgresql_server, tmp_path) as target:
        _assert_kept(Ordeal(tmp_path, target, seed=102).run(50))


def test_sqlite_5_crashes(tmp_path: Path) -> None:
    _assert_kept(Ordeal(tmp_path, SqliteTarget(tmp_path), seed=103).run(5))


def test_every_crash_point_is_reached(tmp_path: Path) -> None:
    report = Ordeal(tmp_path, MemoryTarget(tmp_path), seed=104, most_times=1).run(len(MARCH))
    _assert_kept(report)
    # A new journal is migrated once, at the very first start; the others die at their points under this load.
    assert set(report.deaths) >= set(CrashPoint)
