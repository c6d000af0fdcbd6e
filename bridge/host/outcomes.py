"""Checks what an adapter answered for a batch: one proper outcome for each operation, no secret in any message. Pure.

Used by `facade`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from bridge.model.attributes import Values
from bridge.model.errors import UnexpectedError, outcome_of
from bridge.model.identity import OperationId
from bridge.model.operations import Attempt, ChangePassword, Create, SetPassword, Update
from bridge.model.outcomes import Applied, Deferred, Outcome, Rejected, Uncertain, Unchanged
from bridge.model.secrets import Secret

log = structlog.get_logger(__name__)

_FAILED = (Deferred, Rejected, Uncertain)
_OUTCOMES = (Applied, Unchanged, *_FAILED)

_ORDINARY: Final = frozenset(
    re.findall(
        "[a-z]+",
        "a an and at bcrypt before by bytes changed character characters database empty enough entry for good has"
        " holds in is it ldap lone most new no not object of old one password policy recently refused result server"
        " short shorter such surrogate takes than that the this to too used user was which wrong",
    )
)
"""Words of which adapters make their sentences about passwords. They stand there whatever the password is; a gap in
their place would spoil the sentence, and tell the password to whoever knows it."""
_LONG: Final = 8
"""Letters alone, or digits alone, stand inside a longer word by chance only if they are fewer."""


def checked(
    connector: str, batch: Sequence[Attempt], answered: Mapping[OperationId, Outcome]
) -> Mapping[OperationId, Outcome]:
    """The outcomes of the batch. One that is missing or no outcome is in doubt: it may have been applied."""
    sound: dict[OperationId, Outcome] = {}
    failed = False
    for attempt in batch:
        key = attempt.operation.id
        outcome = answered.get(key) if isinstance(answered, Mapping) else None
        if not isinstance(outcome, _OUTCOMES):
            log.error("adapter_bug", connector=connector, operation=key, reason="no outcome")
            outcome = outcome_of(UnexpectedError(f"{connector}: the adapter gave no outcome"))
        failed = failed or isinstance(outcome, _FAILED)
        sound[key] = outcome
    return _scrub_all(sound, batch) if failed else sound


def _scrub_all(sound: Mapping[OperationId, Outcome], batch: Sequence[Attempt]) -> Mapping[OperationId, Outcome]:
    secrets = secrets_of(batch)
    return {key: scrubbed(outcome, secrets) for key, outcome in sound.items()}


def scrubbed(outcome: Outcome, secrets: Sequence[str]) -> Outcome:
    """The outcome with every secret of the batch blotted out of its message."""
    if not isinstance(outcome, _FAILED):
        return outcome
    message = outcome.failure.message
    # The longest first: a part of it may be a secret as well, and what is left of it would stand there in clear.
    for secret in sorted(secrets, key=len, reverse=True):
        message = _without(secret, message)
    return (
        outcome
        if message == outcome.failure.message
        else replace(outcome, failure=replace(outcome.failure, message=message))
    )


def _without(secret: str, message: str) -> str:
    if secret in _ORDINARY or secret not in message:
        return message
    if len(secret) >= _LONG or not (secret.isalpha() or secret.isdigit()):
        return message.replace(secret, "***")
    return re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", "***", message)


def secrets_of(batch: Sequence[Attempt]) -> list[str]:
    return [secret.reveal() for attempt in batch for secret in _secrets(attempt) if secret.reveal()]


def _secrets(attempt: Attempt) -> Iterator[Secret]:
    match attempt.operation.body:
        case SetPassword(password):
            yield password
        case ChangePassword(old, new):
            yield from (old, new)
        case Create(attributes):
            for values in attributes.values():
                yield from _among(values)
        case Update(deltas):
            for delta in deltas:
                yield from _among(delta.values)


def _among(values: Values) -> Iterator[Secret]:
    return (value for value in values if isinstance(value, Secret))
