"""The bind by Kerberos, over TLS and in the place of TLS; passwords go where nobody on the way can read them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from adapters.ldap import ADAPTER
from bridge.sdk import (
    Applied,
    BadCredentialsError,
    ConfigurationError,
    ConnectionFailedError,
    DeltaKind,
    Secret,
    SetPassword,
)
from bridge.sdk.testing.contract import Connector, ObjectSample
from tests.support import active_directory as ad
from tests.support import kerberos as by_kerberos
from tests.support.tcp_proxy import Cut, TcpProxy

if TYPE_CHECKING:
    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import ActiveDirectoryServer

pytestmark = pytest.mark.usefixtures("kerberos")

USER = ObjectSample(object_type=ad.USER, name=ad.user)
ON = (True,)


def open_and_close(connector: Connector) -> None:
    adapter = connector.adapter(ADAPTER)
    try:
        adapter.open()
    finally:
        adapter.close()


def kerberos(**changed: str) -> dict[str, str]:
    return {"method": "kerberos", **changed}


@pytest.mark.parametrize(
    "channel",
    [
        {},
        {"urls": ["ldap://localhost:{port}"], "protection": "required"},
        {"urls": ["ldaps://localhost:{tls_port}"], "protection": "required"},
        {"urls": ["ldaps://localhost:{tls_port}"]},
    ],
    ids=["sealed", "starttls", "ldaps", "ldaps beside sealed"],
)
def test_it_binds_and_sets_a_password(
    active_directory_server: ActiveDirectoryServer,
    opened: Opened,
    channel: dict[str, Any],
):
    server = active_directory_server
    if "urls" in channel:
        channel = {
            **channel,
            "urls": [each.format(port=server.port, tls_port=server.tls_port) for each in channel["urls"]],
        }
    with opened(by_kerberos.sealed(server, **channel)) as harness:
        ref = harness.create(USER, harness.label())
        assert isinstance(harness.send(ref, SetPassword(Secret(ad.USER_PASSWORD))), Applied)
        assert isinstance(harness.change(ref, "enabled", DeltaKind.REPLACE, *ON), Applied)
        open_and_close(ad.connector(server, bind={"method": "simple", "dn": str(ref.name), "password": "file:/user"}))


def test_nothing_goes_in_clear_that_is_sealed(active_directory_server: ActiveDirectoryServer, opened: Opened):
    with (
        TcpProxy("127.0.0.1", active_directory_server.port) as proxy,
        opened(by_kerberos.sealed(active_directory_server, urls=[f"ldap://localhost:{proxy.port}"])) as harness,
    ):
        creation = harness.creation(USER, harness.label(), {"description": ("to be seen by nobody",)})
        proxy.cut_at(b"to be seen by nobody", Cut.BEFORE)
        assert isinstance(harness.again(creation), Applied)


def test_a_broken_seal_ends_the_connection(active_directory_server: ActiveDirectoryServer, opened: Opened):
    with (
        TcpProxy("127.0.0.1", active_directory_server.port) as proxy,
        opened(by_kerberos.sealed(active_directory_server, urls=[f"ldap://localhost:{proxy.port}"])) as harness,
    ):
        ref = harness.create(USER, harness.label())
        proxy.falsify = True
        with pytest.raises(ConnectionFailedError, match="not sealed by the server"):
            harness.adapter.check_alive()
        proxy.falsify = False
        assert harness.find(ref) is not None


def test_a_credential_cache_serves_as_well(
    active_directory_server: ActiveDirectoryServer, opened: Opened, tmp_path: Path
):
    import gssapi  # noqa: PLC0415 - made importable by the fixture

    cache = tmp_path / "cache"
    store = {"client_keytab": f"FILE:{active_directory_server.keytab}", "ccache": f"FILE:{cache}"}
    name = gssapi.Name(by_kerberos.PRINCIPAL, gssapi.NameType.kerberos_principal)
    service = gssapi.Name(f"ldap@{active_directory_server.own_name}", gssapi.NameType.hostbased_service)
    # The first step fetches the ticket.
    gssapi.SecurityContext(name=service, creds=gssapi.Credentials(name=name, usage="initiate", store=store)).step()
    bind = kerberos(credential_cache=str(cache))
    with opened(by_kerberos.sealed(active_directory_server, bind=bind)) as harness:
        harness.create(USER, harness.label())


def test_an_account_that_the_domain_refuses(active_directory_server: ActiveDirectoryServer, tmp_path: Path):
    """It is disabled; its password was changed after the keytab was made; it is gone."""
    server, run = active_directory_server, active_directory_server.container.run
    run("samba-tool", "user", "create", "former", "Former-s3cret!")
    run("samba-tool", "domain", "exportkeytab", "/former.keytab", "--principal=former@LAB.TEST")
    keytab = tmp_path / "former.keytab"
    keytab.touch(mode=0o600)
    keytab.write_bytes(server.container.read("/former.keytab"))
    connector = by_kerberos.sealed(server, bind=kerberos(keytab=str(keytab), principal="former@LAB.TEST"))
    for changes, said in (
        ([("disable", "former")], "disabled or locked"),
        ([("enable", "former"), ("setpassword", "former", "--newpassword=Another-s3cret!")], "make the keytab anew"),
        ([("delete", "former")], "not known to the domain"),
    ):
        for change in changes:
            run("samba-tool", "user", *change)
        with pytest.raises(BadCredentialsError, match=said):
            open_and_close(connector)


def test_a_name_that_is_not_the_servers_own(active_directory_server: ActiveDirectoryServer):
    connector = by_kerberos.sealed(active_directory_server, tls={"server_name": "dc2.lab.test"})
    with pytest.raises(ConfigurationError, match="no service ldap of that name"):
        open_and_close(connector)


@pytest.mark.parametrize(
    ("bind", "said"),
    [
        (kerberos(keytab="{tmp}/absent"), "cannot be read"),
        (kerberos(keytab="{tmp}/open"), "chmod o="),
        (kerberos(keytab="{tmp}/empty"), "no key of the principal|no such keytab"),
        (kerberos(keytab="{keytab}", principal="nobody@LAB.TEST"), "no key of the principal"),
    ],
    ids=["absent", "open to all", "no keytab", "another's"],
)
def test_a_keytab_that_does_not_serve(
    active_directory_server: ActiveDirectoryServer, tmp_path: Path, bind: dict[str, str], said: str
):
    (tmp_path / "empty").touch(mode=0o600)
    (tmp_path / "open").touch(mode=0o604)
    filled = {key: text.format(tmp=tmp_path, keytab=active_directory_server.keytab) for key, text in bind.items()}
    with pytest.raises(ConfigurationError, match=said):
        open_and_close(by_kerberos.sealed(active_directory_server, bind=filled))


def test_a_domain_that_is_not_there(
    active_directory_server: ActiveDirectoryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "krb5.conf").write_text(by_kerberos.configuration(port=9))
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
    keytab = tmp_path / "keytab"
    keytab.touch(mode=0o600)
    keytab.write_bytes(active_directory_server.keytab.read_bytes())
    with pytest.raises(ConnectionFailedError, match="Kerberos: "):
        open_and_close(by_kerberos.sealed(active_directory_server, bind=kerberos(keytab=str(keytab))))


def test_without_the_package(active_directory_server: ActiveDirectoryServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "adapters.ldap.kerberos", None)
    monkeypatch.delattr("adapters.ldap.kerberos", raising=False)
    with pytest.raises(ConfigurationError, match="ldap-kerberos"):
        open_and_close(by_kerberos.sealed(active_directory_server))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"protection": "none"}, "use protection: kerberos"),
        ({"bind": {"method": "simple", "dn": "cn=x", "password": "file:/x"}}, "needs bind.method kerberos"),
        ({"bind": {"method": "kerberos"}}, "keytab or credential_cache"),
        ({"urls": ["ldapi://%2Frun%2Fslapd%2Fldapi"]}, "needs the server's name"),
    ],
)
def test_what_does_not_go_together_is_told(
    active_directory_server: ActiveDirectoryServer, changed: dict[str, Any], said: str
):
    with pytest.raises(ValidationError, match=said):
        by_kerberos.sealed(active_directory_server, **changed).adapter(ADAPTER)
