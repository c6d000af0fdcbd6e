"""Identifiers: operation ids ordered by time, objects with an address, callers without a grant."""

from __future__ import annotations

import time
import uuid

import pytest

from bridge.model import (
    Anchor,
    Caller,
    CallerName,
    ConnectorName,
    Name,
    ObjectRef,
    ObjectType,
    new_operation_id,
)
from bridge.model.identity import unescaped

USER = ObjectType("user")


def test_an_operation_id_is_a_uuid_of_version_7_made_now() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_operation_id())
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after


def test_operation_ids_of_later_milliseconds_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0, 999_999, 1_000_000, 1_700_000_000_000_000_000, 1_700_000_000_001_000_000, 2**62])
    monkeypatch.setattr(time, "time_ns", lambda: next(moments))
    ids = [new_operation_id() for _ in range(6)]
    assert sorted(ids[1:]) == ids[1:]
    assert ids[0][:13] == ids[1][:13], "the same millisecond"


def test_operation_ids_are_unlike_each_other() -> None:
    assert len({new_operation_id() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    ("anchor", "name"), [(None, None), (Anchor(""), None), (None, Name("")), (Anchor(""), Name(""))]
)
def test_an_object_without_an_address_cannot_be_spoken_of(anchor: Anchor | None, name: Name | None) -> None:
    with pytest.raises(ValueError, match="by its anchor or its name; both are empty"):
        ObjectRef(USER, anchor, name)


def test_an_object_prints_by_its_name_if_it_has_one() -> None:
    assert str(ObjectRef(USER, Anchor("7"), Name("alice"))) == "user alice"
    assert str(ObjectRef(USER, Anchor("7"))) == "user 7"


def test_no_grant_means_no_access() -> None:
    caller = Caller(CallerName("hr"), frozenset({ConnectorName("ldap")}))
    assert caller.may_use(ConnectorName("ldap"))
    assert not caller.may_use(ConnectorName("sql"))
    assert not Caller(CallerName("none"), frozenset()).may_use(ConnectorName("ldap"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"uid=Smith\, John", r"uid=Smith\2C John"),
        (r"uid=\#1 \<d\C3\A9j\c3\a0\>", r"uid=\231 \3Cdéjà\3E"),
        (r"uid=trailing\ ", r"uid=trailing\20"),
        (r"uid=back\\slash", r"uid=back\5Cslash"),
    ],
)
def test_two_spellings_of_a_dn_are_one_without_their_escapes(one: str, other: str):
    assert unescaped(one) == unescaped(other)
    assert unescaped(one.swapcase()) != unescaped(other)


def test_a_name_without_escapes_stays_as_it_is():
    assert unescaped("O'Brien, 🦊 \ud800") == "O'Brien, 🦊 \ud800"
    assert unescaped("ends in \\") == "ends in \\"
