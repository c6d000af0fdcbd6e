"""Whether a write in doubt took effect, told from the object as it is."""

from __future__ import annotations

import pytest

from bridge.engine.judge import Verdict, judge
from bridge.model.attributes import AttributeDelta, DeltaKind, Values
from bridge.model.identity import Anchor, Name, ObjectRef
from bridge.model.objects import TargetObject
from bridge.model.operations import Body, ChangePassword, Create, Delete, Rename, SetPassword, Update
from bridge.model.schema import AttributeSchema
from bridge.model.secrets import Secret
from tests.unit.engine.operations import ALICE, ALICE_THERE, USER, operation

KNOWN = {
    "title": AttributeSchema("title", multi_valued=True, case_exact=False),
    "code": AttributeSchema("code", case_exact=True),
    "count": AttributeSchema("count"),
    "pin": AttributeSchema("pin", sensitive=True),
}


def there(name: str = "alice", **attributes: Values) -> TargetObject:
    return TargetObject(USER, Anchor("a-1"), Name(name), attributes)


def delta(attribute: str, kind: DeltaKind, *values: object) -> Update:
    return Update((AttributeDelta(attribute, kind, values),))  # type: ignore[arg-type]  # values of the test


SECRET = Secret("s")
ADD, REMOVE, REPLACE = DeltaKind.ADD, DeltaKind.REMOVE, DeltaKind.REPLACE


@pytest.mark.parametrize(
    ("body", "observed", "verdict"),
    [
        (Create({"code": ("x",)}), None, Verdict.ABSENT),
        (Create({"code": ("x",)}), there(code=("x",)), Verdict.APPLIED),
        (Create({"code": ("x",)}), there(code=("X",)), Verdict.CONFLICT),
        (Create({"code": ("x",)}), there(), Verdict.CONFLICT),
        (Create({"pin": (SECRET,)}), there(), Verdict.APPLIED),
        (Create({"code": ("x",)}), there(CODE=("x",)), Verdict.APPLIED),
        (Delete(), None, Verdict.APPLIED),
        (Delete(), there(), Verdict.ABSENT),
        (delta("title", ADD, "x"), there(title=("X", "y")), Verdict.APPLIED),
        (delta("title", ADD, "x", "z"), there(title=("x",)), Verdict.ABSENT),
        (delta("title", REMOVE, "x"), there(title=("y",)), Verdict.APPLIED),
        (delta("title", REMOVE, "x"), there(title=("X",)), Verdict.ABSENT),
        (delta("title", REPLACE, "x", "y"), there(title=("Y", "X")), Verdict.APPLIED),
        (delta("title", REPLACE, "x"), there(title=("x", "y")), Verdict.ABSENT),
        (delta("title", REPLACE), there(), Verdict.APPLIED),
        (delta("count", REPLACE, 1), there(count=(True,)), Verdict.ABSENT),
        (delta("pin", REPLACE, SECRET), there(pin=("s",)), Verdict.ABSENT),
        (delta("title", ADD, "x"), None, Verdict.GONE),
        (Rename(Name("bob")), there("bob"), Verdict.APPLIED),
        (Rename(Name("bob")), there("alice"), Verdict.ABSENT),
        (Rename(Name("ALICE")), there("alice"), Verdict.ABSENT),
        (Rename(Name("ALICE")), there("ALICE"), Verdict.APPLIED),
        (Rename(Name("bob")), there("carol"), Verdict.CONFLICT),
        (Rename(Name("bob")), None, Verdict.GONE),
        (SetPassword(SECRET), there(), Verdict.ABSENT),
        (SetPassword(SECRET), None, Verdict.GONE),
        (ChangePassword(SECRET, SECRET), there(), Verdict.CONFLICT),
    ],
)
def test_the_verdict_follows_from_the_object(body: Body, observed: TargetObject | None, verdict: Verdict) -> None:
    assert judge(operation(body), observed, KNOWN) is verdict


def test_references_are_equal_by_anchor_or_by_name() -> None:
    wanted = delta("member", ADD, ALICE)
    assert judge(operation(wanted), there(member=(ALICE_THERE,)), {}) is Verdict.APPLIED
    other = ObjectRef(USER, Anchor("a-2"), Name("alice"))
    assert judge(operation(delta("member", ADD, ALICE_THERE)), there(member=(other,)), {}) is Verdict.ABSENT


def test_a_reference_that_cannot_be_compared_does_not_count_as_removed() -> None:
    by_anchor, by_name = ObjectRef(USER, Anchor("a-9")), ObjectRef(USER, name=Name("zoe"))
    assert judge(operation(delta("member", REMOVE, by_anchor)), there(member=(by_name,)), {}) is Verdict.ABSENT
    assert judge(operation(delta("member", REMOVE, by_anchor)), there(), {}) is Verdict.APPLIED
