"""An anchor that no object can have is refused by every operation; it is not taken for one that is gone."""

from __future__ import annotations

import pytest

from bridge.sdk import (
    Anchor,
    Body,
    ChangePassword,
    Create,
    Delete,
    DeltaKind,
    InvalidValueError,
    Name,
    ObjectRef,
    ObjectType,
    Rejected,
    Rename,
    Secret,
    SetPassword,
    Unchanged,
    Update,
)
from tests.support.sql_connector import SqlConnector, attempt, change, create, group, user

USER = ObjectType("user")


@pytest.mark.parametrize("anchor", ["abc", "007", "1.5", "99999999999999999999"])
@pytest.mark.parametrize(
    "body",
    [
        Create({}),
        Update(()),
        Rename(Name("eve")),
        Delete(),
        SetPassword(Secret("new")),
        ChangePassword(Secret("old"), Secret("new")),
    ],
    ids=lambda body: str(type(body).__name__),
)
def test_a_target_is_refused(sqlite: SqlConnector, anchor: str, body: Body):
    outcome = sqlite.one(attempt(ObjectRef(USER, Anchor(anchor), Name("ann")), body))
    assert isinstance(outcome, Rejected)
    assert (outcome.failure.code, outcome.failure.attributes) == ("invalid_value", ("anchor",))
    assert anchor in outcome.failure.message


def test_a_read_is_refused(people: SqlConnector):
    with pytest.raises(InvalidValueError, match="anchor"):
        people.adapter.get(ObjectRef(USER, Anchor("abc")))


def test_a_reference_is_refused(people: SqlConnector):
    people.send(create(user("ann")), create(group("g")))
    nobody = ObjectRef(USER, Anchor("abc"))
    for refused in (
        create(user("bob"), manager=(nobody,)),
        change(user("ann"), "manager", DeltaKind.REMOVE, nobody),
        change(group("g"), "member", DeltaKind.ADD, nobody),
    ):
        outcome = people.one(refused)
        assert isinstance(outcome, Rejected)
        assert outcome.failure.code == "invalid_value"
        assert outcome.failure.attributes in {("manager",), ("member",)}


def test_a_delete_of_what_is_not_there_is_unchanged(people: SqlConnector):
    for absent in (user("nobody"), ObjectRef(USER, Anchor("2147483647"))):
        assert isinstance(people.one(attempt(absent, Delete())), Unchanged)
