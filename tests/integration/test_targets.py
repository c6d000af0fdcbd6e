"""The target servers themselves: what every adapter test takes for granted about them."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ldap3 import BASE, EXTERNAL, IP_V4_ONLY, LEVEL, SASL, Connection, Server, Tls

from tests.support import containers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.containers import OpenLdapServer, PostgreSqlServer

pytestmark = pytest.mark.service


@pytest.fixture
def directory(openldap_server: OpenLdapServer) -> Iterator[Connection]:
    server = Server(openldap_server.host, openldap_server.port)
    login = (openldap_server.admin_dn, openldap_server.admin_password)
    with Connection(server, *login, raise_exceptions=True) as connection:
        yield connection


def tls_server(server: OpenLdapServer, ca: Path, **client: str) -> Server:
    tls = Tls(validate=ssl.CERT_REQUIRED, version=ssl.PROTOCOL_TLS_CLIENT, ca_certs_file=str(ca), **client)
    return Server(server.tls_name, server.tls_port, use_ssl=True, tls=tls, mode=IP_V4_ONLY)


@pytest.fixture
def other_ca(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Another CA")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "other-ca.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


def published_addresses(container: containers.Container) -> set[str]:
    container.wrapped.reload()
    return {binding["HostIp"] for bindings in container.wrapped.ports.values() for binding in bindings or ()}


def test_the_directory_has_its_containers(directory: Connection):
    directory.search("dc=lab,dc=test", "(objectClass=organizationalUnit)", LEVEL, attributes=["ou"])
    assert {"people", "groups", "former"} <= {str(entry.ou) for entry in directory.entries}


def test_ports_are_published_on_loopback_only(openldap_server: OpenLdapServer, postgresql_server: PostgreSqlServer):
    assert published_addresses(openldap_server.container) == {"127.0.0.1"}
    assert published_addresses(postgresql_server.container) == {"127.0.0.1"}


def test_ldaps_verifies_against_the_servers_ca(openldap_server: OpenLdapServer):
    server = tls_server(openldap_server, openldap_server.ca_pem)
    login = (openldap_server.admin_dn, openldap_server.admin_password)
    with Connection(server, *login) as connection:
        assert connection.bound


def test_ldaps_is_refused_under_another_ca(openldap_server: OpenLdapServer, other_ca: Path):
    # Without ldap3, which leaves its socket open when the handshake fails.
    context = ssl.create_default_context(cafile=other_ca)
    address = (openldap_server.host, openldap_server.tls_port)
    with socket.create_connection(address) as plain, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(plain, server_hostname=openldap_server.host)


def test_a_client_certificate_binds_as_the_administrator(openldap_server: OpenLdapServer):
    client = {
        "local_certificate_file": str(openldap_server.client_pem),
        "local_private_key_file": str(openldap_server.client_key),
    }
    server = tls_server(openldap_server, openldap_server.ca_pem, **client)
    # An empty identity, not none: without one slapd answers saslBindInProgress.
    sasl = {"authentication": SASL, "sasl_mechanism": EXTERNAL, "sasl_credentials": ""}
    with Connection(server, **sasl) as connection:
        assert connection.extend.standard.who_am_i() == f"dn:{openldap_server.admin_dn}"


def test_the_access_log_records_a_write(directory: Connection):
    name = "cn=recorded,ou=groups,dc=lab,dc=test"
    directory.add(name, ["groupOfNames"], {"member": "cn=nobody,dc=lab,dc=test"})
    directory.search("cn=accesslog", f"(reqDN={name})", LEVEL, attributes=["reqType", "reqMod"])
    assert [str(entry.reqType) for entry in directory.entries] == ["add"]


def test_a_killed_directory_keeps_what_it_had_and_its_port():
    with containers.openldap() as server:
        login = (server.admin_dn, server.admin_password)
        with Connection(Server(server.host, server.port), *login) as connection:
            connection.add("ou=kept,dc=lab,dc=test", ["organizationalUnit"])
        server.container.kill()
        server.container.start()
        with Connection(Server(server.host, server.port), *login) as connection:
            assert connection.search("ou=kept,dc=lab,dc=test", "(objectClass=*)", BASE)


def test_memberof_is_kept_where_asked_for():
    with containers.openldap(memberof=True, dbnosync=True) as server:
        login = (server.admin_dn, server.admin_password)
        person = "uid=ada,ou=people,dc=lab,dc=test"
        with Connection(Server(server.host, server.port), *login) as connection:
            connection.add(person, ["inetOrgPerson"], {"cn": "Ada", "sn": "Lovelace"})
            connection.add("cn=all,ou=groups,dc=lab,dc=test", ["groupOfNames"], {"member": person})
            connection.search(person, "(objectClass=*)", BASE, attributes=["memberOf"])
            assert connection.entries[0].memberOf.values == ["cn=all,ou=groups,dc=lab,dc=test"]


def test_postgresql_answers_a_query_in_utf8(postgresql_server: PostgreSqlServer):
    engine = sa.create_engine(postgresql_server.url)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 'Zoë ' || chr(128512)")) == "Zoë 😀"
        assert connection.scalar(sa.text("SHOW fsync")) == "off"
        assert str(connection.scalar(sa.text("SHOW server_version"))).startswith("15.")
    engine.dispose()


def test_postgresql_answers_through_odbc(postgresql_server: PostgreSqlServer, postgresql_odbc_driver: str):
    import pyodbc  # noqa: PLC0415 # loads the driver manager, which the fixture has seen to

    server = f"Server={postgresql_server.host};Port={postgresql_server.port};Database={postgresql_server.database}"
    login = f"UID={postgresql_server.user};PWD={postgresql_server.password}"
    with closing(pyodbc.connect(f"Driver={{{postgresql_odbc_driver}}};{server};{login}")) as connection:
        assert connection.execute("SELECT 'Zoë'").fetchval() == "Zoë"


def test_a_killed_postgresql_keeps_what_was_committed():
    with containers.postgresql() as server:
        engine = sa.create_engine(server.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE kept AS SELECT 7 AS figure"))
        server.container.kill()
        server.container.start()
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT figure FROM kept")) == 7
