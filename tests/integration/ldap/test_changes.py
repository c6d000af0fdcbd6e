"""Delta imports by each source, on its real server: what left the scope, what moved along, and what it costs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest

from adapters.ldap.changes import accesslog, retro_changelog
from bridge.sdk import (
    Anchor,
    Applied,
    DeletedObject,
    DeltaKind,
    ObjectRef,
    ObjectType,
    Query,
    Rename,
    Searches,
    Secret,
    TargetObject,
    TracksChanges,
    UnsupportedError,
    Watermark,
    WatermarkExpiredError,
)
from tests.support import ldap, tracked
from tests.support.tcp_proxy import TcpProxy
from tests.support.tracked import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bridge.sdk.testing.contract import Harness
    from tests.integration.ldap.conftest import Opened

    Told = Mapping[tuple[ObjectType, Anchor], TargetObject | DeletedObject]

MANY = 230


@pytest.fixture(params=tracked.SOURCES)
def lab(request: pytest.FixtureRequest) -> Lab:
    return tracked.lab(request, request.param)


@pytest.fixture
def others(lab: Lab, opened: Opened) -> Iterator[Harness]:
    """Somebody else who writes to the directory."""
    with opened(lab.everywhere()) as harness:
        yield harness


@pytest.fixture
def ours(lab: Lab, others: Harness, opened: Opened) -> Iterator[Harness]:
    with opened(lab.connector()) as harness:
        yield harness


def test_what_leaves_the_scope_is_told_as_deleted_and_what_returns_as_present(lab: Lab, ours: Harness, others: Harness):
    label = ours.label()
    ref = ours.create(lab.user(), label)
    since = _watermark(ours)
    assert isinstance(others.send(ref, Rename(lab.name(label, lab.former))), Applied)
    told, since = _changes(ours, since)
    assert told[_key(ref)] == DeletedObject(ldap.USER, _anchor(ref))
    assert isinstance(others.send(ref, Rename(lab.name(label, lab.people))), Applied)
    told, _ = _changes(ours, since)
    assert told[_key(ref)] == ours.read(ref)


def test_what_is_made_outside_the_scope_is_not_told(lab: Lab, ours: Harness, others: Harness):
    since = _watermark(ours)
    ref = others.create(lab.user(lab.former), others.label())
    assert not isinstance(_changes(ours, since)[0].get(_key(ref)), TargetObject)


def test_a_container_that_is_renamed_renames_its_objects(lab: Lab, ours: Harness, others: Harness):
    label = others.label()
    unit = others.create(lab.unit(lab.people), label)
    ref = ours.create(lab.user(str(unit.name)), ours.label())
    since = _watermark(ours)
    assert isinstance(others.send(unit, Rename(lab.unit(lab.people).name(f"{label}-b"))), Applied)
    told = _changes(ours, since)[0][_key(ref)]
    assert told == ours.read(ObjectRef(ref.object_type, ref.anchor))
    assert isinstance(told, TargetObject)
    assert f"{label}-b" in told.name


def test_a_container_that_leaves_the_scope_takes_its_objects_along(lab: Lab, ours: Harness, others: Harness):
    label = others.label()
    unit = others.create(lab.unit(lab.people), label)
    ref = ours.create(lab.user(str(unit.name)), ours.label())
    since = _watermark(ours)
    assert isinstance(others.send(unit, Rename(lab.unit(lab.former).name(label))), Applied)
    assert _changes(ours, since)[0][_key(ref)] == DeletedObject(ldap.USER, _anchor(ref))
    # Back to where it is cleared away.
    assert isinstance(others.send(unit, Rename(lab.unit(lab.people).name(label))), Applied)


def test_a_new_member_is_a_change_of_the_group(lab: Lab, ours: Harness):
    old, new = (ours.create(lab.user(), ours.label()) for _ in range(2))
    group = ours.create(lab.group([old]), ours.label())
    since = _watermark(ours)
    assert isinstance(ours.change(group, "member", DeltaKind.ADD, new), Applied)
    told = _changes(ours, since)[0][_key(group)]
    assert told == ours.read(group)
    assert isinstance(told, TargetObject)
    assert len(told.attributes["member"]) == 2


def test_a_changed_object_is_told_of_its_own_type_only(lab: Lab, ours: Harness):
    ref = ours.create(lab.user(), ours.label())
    since = _watermark(ours)
    assert isinstance(ours.change(ref, _text(lab), DeltaKind.REPLACE, "new"), Applied)
    told = _changes(ours, since)[0]
    assert told[_key(ref)] == ours.read(ref)
    assert (ldap.GROUP, _anchor(ref)) not in told


def test_many_changes_come_in_pages(lab: Lab, ours: Harness):
    # A log that is empty yet cannot tell where it stands.
    ours.create(lab.user(), ours.label())
    since = _watermark(ours)
    outcomes = ours.export([ours.creation(lab.user(), ours.label()) for _ in range(MANY)])
    pages = list(cast("TracksChanges", ours.adapter).changes(since, 50))
    told = [each.anchor for page in pages for each in page.changes if isinstance(each, TargetObject)]
    assert {each.anchor for each in outcomes.values()} <= set(told)
    assert len(told) == len(set(told))
    # A wish: a domain controller counts a page its own way.
    assert max(len(page.changes) for page in pages) < MANY
    assert [page.watermark is None for page in pages] == [True] * (len(pages) - 1) + [False]


def test_the_cost_follows_the_changes(lab: Lab, opened: Opened, others: Harness, monkeypatch: pytest.MonkeyPatch):
    # What is read again for safety's sake would hide the cost here, where everything happened within minutes.
    monkeypatch.setattr(accesslog, "OVERLAP", timedelta(0))
    monkeypatch.setattr(retro_changelog, "OVERLAP", 0)
    server = lab.server
    with TcpProxy(server.host, server.tls_port) as proxy:
        connector = lab.connector(urls=[f"ldaps://{server.tls_name}:{proxy.port}"])
        with opened(connector) as harness:
            harness.export([harness.creation(lab.user(), harness.label()) for _ in range(MANY)])
            changed = harness.create(lab.user(), harness.label())
            since = _watermark(harness)
            assert isinstance(harness.change(changed, _text(lab), DeltaKind.REPLACE, "new"), Applied)
            delta = _received(proxy, lambda: _changes(harness, since))
            full = _received(proxy, lambda: list(cast("Searches", harness.adapter).search(Query(ldap.USER))))
            assert delta < full / 10


@pytest.mark.parametrize("part", ["source", "scope", "at"])
def test_a_watermark_of_something_else_has_expired(lab: Lab, ours: Harness, part: str):
    watermark = json.loads(_watermark(ours))
    if part == "at":
        watermark["at"] = {key: _another(value) for key, value in watermark["at"].items()}
    else:
        watermark[part] = _another(watermark[part])
    with pytest.raises(WatermarkExpiredError):
        _changes(ours, Watermark(json.dumps(watermark)))


def test_a_watermark_has_expired_when_the_scope_is_another(lab: Lab, ours: Harness, opened: Opened):
    since = _watermark(ours)
    with (
        opened(lab.connector(object_types={"user": {**lab.types["user"], "base": lab.former}})) as harness,
        pytest.raises(WatermarkExpiredError, match="bases changed"),
    ):
        _changes(harness, since)


def test_an_account_without_the_rights_is_told_which(lab: Lab, ours: Harness, opened: Opened):
    if lab.source not in {"accesslog", "dirsync", "usn_changed"}:
        pytest.skip("syncrepl needs no right but that to read; on 389 a new account may do nothing at all")
    with (
        opened(lab.as_ordinary_account(*_ordinary(lab, ours))) as harness,
        pytest.raises(UnsupportedError, match=r"cn=accesslog|CN=Deleted Objects"),
    ):
        _watermark(harness)


def _ordinary(lab: Lab, ours: Harness) -> tuple[ObjectRef, Secret]:
    ref = ours.create(lab.user(), ours.label())
    password = Secret("Correct horse battery 1")
    return tracked.with_password(ours, ref, password), password


def _text(lab: Lab) -> str:
    return "info" if lab.source in {"dirsync", "usn_changed"} else "description"


def _another(text: str) -> str:
    """The same with its first character changed, which every position begins its identity with."""
    return f"{'8' if text[:1] != '8' else '9'}{text[1:]}"


def _received(proxy: TcpProxy, act: Callable[[], object]) -> int:
    before = proxy.returned
    act()
    return proxy.returned - before


def _watermark(harness: Harness) -> Watermark:
    return cast("TracksChanges", harness.adapter).watermark()


def _changes(harness: Harness, since: Watermark) -> tuple[Told, Watermark]:
    pages = list(cast("TracksChanges", harness.adapter).changes(since, 100))
    watermark = pages[-1].watermark
    assert watermark is not None
    return {(each.object_type, each.anchor): each for page in pages for each in page.changes}, watermark


def _anchor(ref: ObjectRef) -> Anchor:
    assert ref.anchor is not None
    return ref.anchor


def _key(ref: ObjectRef) -> tuple[ObjectType, Anchor]:
    return ref.object_type, _anchor(ref)
