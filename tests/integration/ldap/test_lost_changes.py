"""Delta imports when the server cannot tell what happened, or tells it late: never less than everything."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

from bridge.sdk import (
    Applied,
    ConfigurationError,
    Delete,
    DeltaKind,
    TracksChanges,
    UnsupportedError,
    Watermark,
    WatermarkExpiredError,
)
from tests.support import active_directory as ad
from tests.support import ldap, tracked

if TYPE_CHECKING:
    from bridge.sdk.testing.contract import Harness
    from tests.integration.ldap.conftest import Opened
    from tests.support.containers import ActiveDirectoryServer, Ds389Server, OpenLdapServer
    from tests.support.tracked import Lab

LOGGED = ("accesslog", "retro_changelog")


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Lab:
    return tracked.lab(request, request.param)


@pytest.mark.parametrize("lab", LOGGED, indirect=True)
def test_a_log_that_was_trimmed_up_to_the_watermark(lab: Lab, opened: Opened):
    with opened(lab.connector()) as harness:
        harness.create(lab.user(), harness.label())
        since = _watermark(harness)
        harness.create(lab.user(), harness.label())
        _trim(lab, since)
        with pytest.raises(WatermarkExpiredError, match="trimmed"):
            _changes(harness, since)


@pytest.mark.parametrize("lab", LOGGED, indirect=True)
def test_what_appears_in_the_log_late_is_told(lab: Lab, opened: Opened):
    """Its place in the log is before the watermark, as a slow request's is."""
    with opened(lab.connector()) as harness:
        late = harness.create(lab.user(), harness.label())
        harness.create(lab.user(), harness.label())
        assert late.anchor in _changes(harness, _watermark(harness))


def test_a_session_log_that_a_restart_has_emptied(openldap_server: OpenLdapServer, opened: Opened):
    """The server then names what is present, not what is gone."""
    with opened(ldap.connector(openldap_server, change_source="syncrepl")) as harness:
        gone, stays = (harness.create(_user(), harness.label()) for _ in range(2))
        since = _watermark(harness)
        assert isinstance(harness.send(gone, Delete()), Applied)
        openldap_server.container.restart()
        assert isinstance(harness.change(stays, "description", DeltaKind.REPLACE, "changed"), Applied)
        with pytest.raises(WatermarkExpiredError, match="session log"):
            _changes(harness, since)


def test_a_restart_without_a_change_loses_nothing(openldap_server: OpenLdapServer, opened: Opened):
    with opened(ldap.connector(openldap_server, change_source="syncrepl")) as harness:
        since = _watermark(harness)
        openldap_server.container.restart()
        assert _changes(harness, since) == {}


def test_a_server_that_is_behind_the_watermark(openldap_server: OpenLdapServer, opened: Opened):
    with opened(ldap.connector(openldap_server, change_source="syncrepl")) as harness:
        since = Watermark(_watermark(harness).replace("csn=20", "csn=21"))
        with pytest.raises(WatermarkExpiredError, match="cannot go on"):
            _changes(harness, since)


def test_more_changes_than_the_account_may_read_are_no_short_answer(openldap_server: OpenLdapServer, opened: Opened):
    """Its limit on this server is 500 entries; a control of RFC 4533 has no pages."""
    with opened(ldap.connector(openldap_server, change_source="syncrepl")) as harness:
        since = _watermark(harness)
        harness.export([harness.creation(_user(), harness.label()) for _ in range(510)])
        with pytest.raises(UnsupportedError, match="raise the account's size limit"):
            _changes(harness, since)


def test_a_changelog_that_the_account_may_not_read(ds389_server: Ds389Server, opened: Opened):
    rule = ds389_server.container.run("sed", "-n", "s/^aci: //p", "/changelog.ldif").decode().strip()
    with opened(ldap.ds389(ds389_server)) as harness:
        sample = tracked.ObjectSample(object_type=ldap.USER, name=ldap.person, attributes=ldap.posix_person)
        harness.create(sample, harness.label())
        _change_rule(ds389_server, "delete", rule)
        try:
            with pytest.raises(UnsupportedError, match="cn=changelog"):
                _watermark(harness)
        finally:
            _change_rule(ds389_server, "add", rule)


def _change_rule(server: Ds389Server, how: str, rule: str) -> None:
    change = f"dn: cn=changelog\nchangetype: modify\n{how}: aci\naci: {rule}\n"
    account = ("-D", "cn=Directory Manager", "-w", "admin-secret")
    piped = 'printf %s "$1" | ldapmodify -x -H ldap://127.0.0.1 "${@:2}"'
    server.container.run("bash", "-c", piped, "bash", change, *account)


def test_the_source_of_another_kind_of_server(openldap_server: OpenLdapServer, opened: Opened):
    with (
        opened(ldap.connector(openldap_server, change_source="dirsync")) as harness,
        pytest.raises(ConfigurationError, match="choose of syncrepl, accesslog"),
    ):
        _watermark(harness)


def test_an_anchor_by_which_no_change_is_told(openldap_server: OpenLdapServer, opened: Opened):
    with (
        opened(ldap.connector(openldap_server, anchor_attribute="uid")) as harness,
        pytest.raises(ConfigurationError, match="anchor_attribute"),
    ):
        _watermark(harness)


@pytest.mark.parametrize("lab", ["dirsync", "usn_changed"], indirect=True)
@pytest.mark.parametrize(
    ("key", "value"), [("time", "20200101000000"), ("time", "29990101000000"), ("time", ""), ("controller", "")]
)
def test_a_domain_controller_refuses_what_is_too_old_or_anothers(lab: Lab, opened: Opened, key: str, value: str):
    with opened(lab.connector()) as harness:
        watermark = json.loads(_watermark(harness))
        watermark["at"][key] = value
        with pytest.raises(WatermarkExpiredError):
            _changes(harness, Watermark(json.dumps(watermark)))


@pytest.mark.parametrize("usn", ["", "-1", "x", "99999999", "9" * 50])
def test_a_number_that_the_domain_controller_never_gave(
    active_directory_server: ActiveDirectoryServer, opened: Opened, usn: str
):
    with opened(ad.connector(active_directory_server, change_source="usn_changed")) as harness:
        watermark = json.loads(_watermark(harness))
        watermark["at"]["usn"] = usn
        with pytest.raises(WatermarkExpiredError):
            _changes(harness, Watermark(json.dumps(watermark)))


def test_dirsync_uses_the_right_to_replicate_where_the_account_has_it(
    active_directory_server: ActiveDirectoryServer, opened: Opened
):
    bind = {"method": "simple", "dn": active_directory_server.admin_dn, "password": "file:/administrator"}
    with opened(ad.connector(active_directory_server, change_source="dirsync", bind=bind)) as harness:
        sample = tracked.ObjectSample(object_type=ad.USER, name=ad.user)
        since = _watermark(harness)
        ref = harness.create(sample, harness.label())
        assert ref.anchor in _changes(harness, since)


@pytest.mark.parametrize("lab", tracked.SOURCES, indirect=True)
@pytest.mark.parametrize("position", [{}, {"x": "y"}, None, [], 7, {"dc=lab,dc=test": 7}])
def test_a_position_that_is_none(lab: Lab, opened: Opened, position: object):
    with opened(lab.connector()) as harness:
        watermark = {**json.loads(_watermark(harness)), "at": position}
        with pytest.raises(WatermarkExpiredError):
            _changes(harness, Watermark(json.dumps(watermark)))


def _user() -> tracked.ObjectSample:
    return tracked.ObjectSample(object_type=ldap.USER, name=ldap.user, attributes=ldap.posix)


def _trim(lab: Lab, since: Watermark) -> None:
    """Takes the last entry that was seen away, as the server does it when its time has come."""
    [(log, position)] = json.loads(since)["at"].items()
    at = position.partition(" ")[0]
    match lab.source:
        case "accesslog":
            account = (lab.server.admin_dn, lab.server.admin_password, f"reqStart={at},{log}")
        case _:
            account = ("cn=Directory Manager", "admin-secret", f"changeNumber={at},{log}")
    dn, password, entry = account
    lab.container.run("ldapdelete", "-x", "-H", "ldap://127.0.0.1", "-D", dn, "-w", password, entry)


def _watermark(harness: Harness) -> Watermark:
    return cast("TracksChanges", harness.adapter).watermark()


def _changes(harness: Harness, since: Watermark) -> dict[object, object]:
    pages = cast("TracksChanges", harness.adapter).changes(since, 100)
    return {each.anchor: each for page in pages for each in page.changes}
