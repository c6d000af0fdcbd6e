"""What the facade blots out of an adapter's message: the secrets of the batch, and no ordinary word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.host.outcomes import checked
from bridge.model import (
    Attempt,
    CallerName,
    ChangePassword,
    ConnectorName,
    Name,
    ObjectRef,
    ObjectType,
    Operation,
    PasswordRejectedError,
    Rejected,
    Secret,
    new_operation_id,
    outcome_of,
)

ROOT = Path(__file__).parents[3]
REJECTIONS = re.compile(r'PasswordRejectedError(?:\(f?|, )"([^"]+)"')
SENTENCES = sorted(
    {
        sentence
        for folder in ("adapters", "bridge/sdk/testing")
        for path in (ROOT / folder).rglob("*.py")
        for sentence in REJECTIONS.findall(path.read_text(encoding="utf-8"))
    }
)


def told(message: str, *secrets: str) -> str:
    """What is left of an adapter's message about a change between these passwords."""
    old, new = (*secrets, "another thing")[:2]
    target = ObjectRef(ObjectType("user"), name=Name("ada"))
    body = ChangePassword(Secret(old), Secret(new))
    operation = Operation(new_operation_id(), CallerName("hr"), ConnectorName("people"), target, body)
    answered = {operation.id: outcome_of(PasswordRejectedError(message))}
    outcome = checked("people", [Attempt(operation)], answered)[operation.id]
    assert isinstance(outcome, Rejected)
    return outcome.failure.message


@pytest.mark.parametrize(
    ("message", "secrets", "left"),
    [
        ("refused: Tr0ub4dor", ("Tr0ub4dor",), "refused: ***"),
        ("refused: b'0815'", ("0815",), "refused: b'***'"),
        ("xx0a9xx and correct horsexx", ("0a9", "correct horse"), "xx***xx and ***xx"),
        ("is canaries", ("canaries", "canar"), "is ***"),
        ("is canaries", ("canar", "canaries"), "is ***"),
        ("(cnry)", ("cnry",), "(***)"),
    ],
)
def test_a_secret_is_blotted_out(message: str, secrets: tuple[str, ...], left: str):
    assert told(message, *secrets) == left


def test_there_are_sentences_about_passwords():
    assert "the old password is wrong" in SENTENCES


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_password_that_is_an_ordinary_word_makes_no_gap_in_a_sentence(sentence: str):
    """The gap would tell what the password is."""
    words = re.findall(r"[a-z]+", re.sub(r"\{[^}]*\}", "", sentence))
    assert [told(sentence, word) for word in words] == [sentence] * len(words)


def test_a_short_secret_is_not_looked_for_inside_words():
    assert told("the password was used before", "sword", "us") == "the password was used before"
