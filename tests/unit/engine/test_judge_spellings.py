"""The judge does not take another spelling of a DN for another object."""

from __future__ import annotations

import pytest

from bridge.engine.judge import Verdict, judge
from bridge.model import (
    Anchor,
    CallerName,
    ConnectorName,
    Create,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    TargetObject,
    new_operation_id,
)

GROUP, USER = ObjectType("group"), ObjectType("user")
NAME = Name("cn=R&D")


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        (r"uid=Smith\2C John,ou=people", Verdict.APPLIED),
        (r"uid=SMITH\, John,ou=people", Verdict.APPLIED),
        (r"uid=Smith\2C Jane,ou=people", Verdict.CONFLICT),
    ],
)
def test_a_create_in_doubt_is_known_by_its_members(there: str, verdict: Verdict):
    asked = ObjectRef(USER, name=Name(r"uid=Smith\, John,ou=people"))
    create = Create({"member": (asked,)})
    operation = Operation(
        new_operation_id(), CallerName("me"), ConnectorName("lab"), ObjectRef(GROUP, name=NAME), create
    )
    found = TargetObject(GROUP, Anchor("1"), NAME, {"member": (ObjectRef(USER, name=Name(there)),)})
    assert judge(operation, found, {}) is verdict
