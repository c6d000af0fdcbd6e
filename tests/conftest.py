"""Options and session fixtures: one real server of each kind for the whole run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.containers import (
        ActiveDirectoryServer,
        Ds389Server,
        MariaDbServer,
        OpenLdapServer,
        PostgreSqlServer,
    )


# A busy machine is slow; what takes too long is ended by pytest-timeout.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-services",
        action="store_true",
        help="fail, not skip, where no container engine can be had for a test that needs a real server",
    )


@pytest.fixture(scope="session")
def container_engine(request: pytest.FixtureRequest) -> str:
    """The address of a container engine; a machine that cannot have one fails or skips, and says why."""
    if sys.platform == "win32":
        pytest.skip("the target servers run in Linux containers")
    from tests.support.engine import EngineUnavailableError, ensure_engine  # noqa: PLC0415 # POSIX only

    try:
        return ensure_engine()
    except EngineUnavailableError as error:
        _fail_or_skip(request, error)


@pytest.fixture(scope="session")
def postgresql_odbc_driver(request: pytest.FixtureRequest) -> str:
    """The name of the ODBC driver for PostgreSQL; take it before anything imports pyodbc."""
    from tests.support import apt, odbc  # noqa: PLC0415 # POSIX only

    try:
        return odbc.ensure_postgresql_driver()
    except apt.PackagesUnavailableError as error:
        _fail_or_skip(request, error)


@pytest.fixture(scope="session")
def mariadb_odbc_driver(request: pytest.FixtureRequest) -> str:
    """The name of the ODBC driver for MariaDB; take it before anything imports pyodbc."""
    from tests.support import apt, odbc  # noqa: PLC0415 # POSIX only

    try:
        return odbc.ensure_mariadb_driver()
    except apt.PackagesUnavailableError as error:
        _fail_or_skip(request, error)


@pytest.fixture(scope="session")
def strace(request: pytest.FixtureRequest) -> str:
    """The path of strace, which lets a process's system calls fail; installed where it is missing."""
    from tests.support import apt  # noqa: PLC0415 # POSIX only

    try:
        return apt.ensure("strace")
    except apt.PackagesUnavailableError as error:
        _fail_or_skip(request, error)


@pytest.fixture(scope="session")
def openldap_server(container_engine: str) -> Iterator[OpenLdapServer]:
    """One OpenLDAP server per session: tests keep to names of their own."""
    from tests.support import containers  # noqa: PLC0415 # needs the engine's address

    with containers.openldap(dbnosync=True) as server:
        yield server


@pytest.fixture(scope="session")
def ds389_server(container_engine: str) -> Iterator[Ds389Server]:
    """One 389 Directory Server per session: tests keep to names of their own."""
    from tests.support import containers  # noqa: PLC0415 # needs the engine's address

    with containers.ds389(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def active_directory_server(container_engine: str) -> Iterator[ActiveDirectoryServer]:
    """One domain controller per session: tests keep to names of their own."""
    from tests.support import containers  # noqa: PLC0415 # needs the engine's address

    with containers.active_directory() as server:
        yield server


@pytest.fixture(scope="session")
def kerberos(
    request: pytest.FixtureRequest,
    active_directory_server: ActiveDirectoryServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """The realm of the domain, for the whole session: libkrb5 finds it by an environment variable."""
    from tests.support import apt, kerberos  # noqa: PLC0415 # POSIX only

    try:
        kerberos.ensure_gssapi()
    except apt.PackagesUnavailableError as error:
        _fail_or_skip(request, error)
    path = tmp_path_factory.mktemp("kerberos") / "krb5.conf"
    path.write_text(kerberos.configuration(active_directory_server.kerberos_port))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KRB5_CONFIG", str(path))
        yield


@pytest.fixture(scope="session")
def postgresql_server(container_engine: str) -> Iterator[PostgreSqlServer]:
    """One PostgreSQL server per session: tests keep to tables of their own."""
    from tests.support import containers  # noqa: PLC0415 # needs the engine's address

    with containers.postgresql(fsync=False) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server(container_engine: str) -> Iterator[MariaDbServer]:
    """One MariaDB server per session: tests keep to databases of their own."""
    from tests.support import containers  # noqa: PLC0415 # needs the engine's address

    with containers.mariadb(fsync=False) as server:
        yield server


def _fail_or_skip(request: pytest.FixtureRequest, error: Exception) -> NoReturn:
    if request.config.getoption("--require-services"):
        pytest.fail(str(error), pytrace=False)
    pytest.skip(str(error))
