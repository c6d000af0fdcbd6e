"""The server proves itself, or nothing is said to it; passwords go over protected channels only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.ldap import ADAPTER
from bridge.sdk import (
    Applied,
    BadCredentialsError,
    ConfigurationError,
    ConnectionFailedError,
    Deferred,
    Delete,
    ObjectRef,
    Rejected,
    Secret,
    SetPassword,
    Verb,
)
from bridge.sdk.testing.contract import Harness, ObjectSample
from tests.support import ldap

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import OpenLdapServer

USER = ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)


def open_and_close(server: OpenLdapServer, **changed: Any) -> None:
    adapter = ldap.connector(server, **changed).adapter(ADAPTER)
    try:
        adapter.open()
        adapter.test()
    finally:
        adapter.close()


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"urls": ["ldap://localhost:{port}"]},
        {"urls": ["ldaps://localhost:9", "ldaps://127.0.0.1:{tls_port}"]},
        {"urls": ["ldaps://127.0.0.1:{tls_port}"], "tls": {"ca_file": "{ca_pem}", "server_name": "localhost"}},
        {
            "bind": {"method": "external"},
            "tls": {"ca_file": "{ca_pem}", "certificate_file": "{client_pem}", "key_file": "{client_key}"},
        },
        {
            "urls": ["ldap://localhost:{port}"],
            "bind": {"method": "external"},
            "tls": {"ca_file": "{ca_pem}", "certificate_file": "{client_pem}", "key_file": "{client_key}"},
        },
        {"urls": ["ldap://127.0.0.1:{port}"], "protection": "none"},
    ],
    ids=["ldaps", "starttls", "second url", "server name", "certificate", "certificate starttls", "clear loopback"],
)
def test_it_connects(openldap_server: OpenLdapServer, changed: dict[str, Any]):
    open_and_close(openldap_server, **_filled(changed, openldap_server))


def test_it_connects_to_the_socket_of_the_machine(openldap_server: OpenLdapServer, opened: Opened):
    root = f"/proc/{openldap_server.container.wrapped.attrs['State']['Pid']}/root"
    openldap_server.container.wrapped.reload()
    root = f"/proc/{openldap_server.container.wrapped.attrs['State']['Pid']}/root"
    url = "ldapi://" + f"{root}/run/slapd/ldapi".replace("/", "%2F")
    with opened(ldap.connector(openldap_server, urls=[url], bind={"method": "external"})) as harness:
        ref = harness.create(USER, harness.label())
        assert isinstance(harness.send(ref, SetPassword(Secret("correct horse"))), Applied)


@pytest.mark.parametrize("url", ["ldaps://localhost:{tls_port}", "ldap://localhost:{port}"])
@pytest.mark.parametrize("tls", [{}, {"ca_file": "{ca_pem}", "server_name": "ldap.example.org"}])
def test_a_server_that_does_not_prove_itself_is_not_spoken_to(
    openldap_server: OpenLdapServer, url: str, tls: dict[str, Any]
):
    changed = _filled({"urls": [url], "tls": tls}, openldap_server)
    with pytest.raises(ConnectionFailedError, match=r"(?i)certificate|hostname"):
        open_and_close(openldap_server, **changed)


def test_a_wrong_password_is_a_matter_of_the_connector(openldap_server: OpenLdapServer):
    bind = {"method": "simple", "dn": ldap.ACCOUNT, "password": "file:/wrong"}
    with pytest.raises(BadCredentialsError) as raised:
        open_and_close(openldap_server, bind=bind)
    assert ldap.SECRETS["file:/wrong"] not in str(raised.value)


def test_a_file_that_cannot_be_used_is_told(openldap_server: OpenLdapServer, tmp_path: Path):
    with pytest.raises(ConfigurationError, match="under tls"):
        open_and_close(openldap_server, tls={"ca_file": str(tmp_path / "absent.pem")})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"structural_class": "noSuchClass"}, "no object class noSuchClass"),
        ({"naming_attribute": "member"}, "naming_attribute"),
        ({"enabled": {"attribute": "noSuchAttribute", "disabled_value": "x"}}, "enabled.attribute"),
        ({"base": "ou=absent,dc=lab,dc=test"}, "not there or not readable"),
    ],
)
def test_what_the_server_does_not_have_is_told(openldap_server: OpenLdapServer, changed: dict[str, Any], said: str):
    user = {**ldap.OBJECT_TYPES["user"], **changed}
    with pytest.raises(ConfigurationError, match=said):
        open_and_close(openldap_server, object_types={"user": user})


def test_a_password_is_not_sent_in_clear_and_the_rest_of_the_batch_is(openldap_server: OpenLdapServer, opened: Opened):
    in_clear = ldap.connector(openldap_server, urls=[f"ldap://127.0.0.1:{openldap_server.port}"], protection="none")
    with opened(in_clear) as harness:
        assert harness.adapter.withheld() == {Verb.SET_PASSWORD, Verb.CHANGE_PASSWORD}
        ref = harness.create(USER, harness.label())
        other = harness.create(USER, harness.label())
        batch = [harness.attempt(ref, SetPassword(Secret("correct horse"))), harness.attempt(other, Delete())]
        refused, deleted = harness.export(batch).values()
    assert isinstance(refused, Rejected)
    assert refused.failure.code == "unsupported"
    assert isinstance(deleted, Applied)
    with opened(ldap.connector(openldap_server)) as harness:
        password = openldap_server.container.run(
            "ldapsearch", "-x", "-LLL", "-H", "ldap://127.0.0.1", "-D", openldap_server.admin_dn,
            "-w", openldap_server.admin_password, "-b", ldap.PEOPLE, f"(entryUUID={ref.anchor})", "userPassword",
        )  # fmt: skip
    assert b"userPassword" not in password


def test_an_idle_connection_that_died_is_made_again(openldap_server: OpenLdapServer, harness: Harness):
    harness.create(USER, harness.label())
    openldap_server.container.restart()
    with pytest.raises(ConnectionFailedError):
        harness.adapter.check_alive()
    assert isinstance(harness.again(harness.creation(USER, harness.label())), Applied)


def test_without_a_server_everything_waits(openldap_server: OpenLdapServer, harness: Harness):
    harness.create(USER, harness.label())
    openldap_server.container.kill()
    try:
        outcome = harness.again(harness.creation(USER, harness.label()))
        with pytest.raises(ConnectionFailedError):
            harness.find(ObjectRef(ldap.USER, name=ldap.user("any")))
    finally:
        openldap_server.container.start()
    assert isinstance(outcome, Deferred)
    assert outcome.failure.code == "connection_failed"


def _filled(changed: Any, server: OpenLdapServer) -> Any:
    """The same with the server's ports and files in the places held for them."""
    match changed:
        case dict():
            return {name: _filled(each, server) for name, each in changed.items()}
        case list():
            return [_filled(each, server) for each in changed]
        case _:
            return str(changed).format(
                port=server.port,
                tls_port=server.tls_port,
                ca_pem=server.ca_pem,
                client_pem=server.client_pem,
                client_key=server.client_key,
            )
