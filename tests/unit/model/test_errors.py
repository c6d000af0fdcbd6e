"""Each error carries what the engine does about it."""

from __future__ import annotations

import pytest

from bridge.model import (
    Anchor,
    BridgeError,
    ConnectionFailedError,
    Deferred,
    Disposition,
    Failure,
    InvalidValueError,
    Name,
    NotReadyError,
    ObjectRef,
    ObjectType,
    PartiallyCreatedError,
    Rejected,
    Scope,
    ThrottledError,
    Uncertain,
    outcome_of,
)
from bridge.model.errors import by_code

CLASSES = sorted(by_code().values(), key=lambda each: each.code)
OUTCOMES = {Disposition.RETRY: Deferred, Disposition.REJECT: Rejected, Disposition.UNCERTAIN: Uncertain}


def test_codes_are_unlike_each_other() -> None:
    assert len({each.code for each in CLASSES}) == len(CLASSES)
    assert BridgeError.code not in by_code()


@pytest.mark.parametrize("error", CLASSES)
def test_the_disposition_decides_the_outcome(error: type[BridgeError]) -> None:
    outcome = outcome_of(error("why"))
    assert type(outcome) is OUTCOMES[error.disposition]
    assert outcome.failure == Failure(error.code, "why")


def test_an_outcome_keeps_what_the_error_knows() -> None:
    waits_for = ObjectRef(ObjectType("user"), name=Name("absent"))
    assert outcome_of(NotReadyError("why", waits_for=waits_for)) == Deferred(Failure("not_ready", "why"), waits_for)
    anchor = Anchor("7")
    assert outcome_of(PartiallyCreatedError("why", anchor=anchor)) == Uncertain(
        Failure("partially_created", "why"), anchor
    )
    assert outcome_of(ThrottledError("why", retry_after=3)) == Deferred(Failure("throttled", "why", (), 3))
    assert outcome_of(InvalidValueError("why", attributes=("mail",))) == Rejected(
        Failure("invalid_value", "why", ("mail",))
    )


def test_only_errors_of_the_connector_speak_of_the_connector() -> None:
    assert {each.code for each in CLASSES if each.scope is Scope.CONNECTOR} == {
        "connection_failed",
        "connection_broken",
        "operation_timeout",
        "bad_credentials",
        "configuration",
    }
    assert ConnectionFailedError("why").scope is Scope.CONNECTOR
