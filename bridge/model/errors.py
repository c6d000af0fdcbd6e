"""The one error hierarchy. Each class carries its disposition: what the engine does about it.

Adapters raise these, translated once from their driver's exceptions by table (`sdk/error_map.py`). The message of an
error is shown to callers and journaled, so it names the object, the attribute and the fix, and never holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

from bridge.model.identity import Anchor, ObjectRef
from bridge.model.outcomes import Deferred, Failure, Outcome, Rejected, Uncertain


class Disposition(StrEnum):
    RETRY = "retry"
    """Surely not applied; may work later."""
    REJECT = "reject"
    """Will never work as asked."""
    UNCERTAIN = "uncertain"
    """May have been applied; the target is read back before anything else."""


class Scope(StrEnum):
    """What the error speaks of. Only connector-level errors open the connector's breaker or hold it."""

    OBJECT = "object"
    CONNECTOR = "connector"


class BridgeError(Exception):
    """Base of every error that crosses a layer. `code` is the class's name in the wire's words."""

    disposition: ClassVar[Disposition] = Disposition.REJECT
    scope: ClassVar[Scope] = Scope.OBJECT
    code: ClassVar[str] = "internal"

    def __init__(
        self,
        message: str,
        *,
        attributes: tuple[str, ...] = (),
        anchor: Anchor | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.attributes = attributes
        self.anchor = anchor
        self.retry_after = retry_after

    @property
    def failure(self) -> Failure:
        return Failure(self.code, self.message, self.attributes, self.retry_after)


class ConnectionFailedError(BridgeError):
    """The target was never reached."""

    disposition = Disposition.RETRY
    scope = Scope.CONNECTOR
    code = "connection_failed"


class ThrottledError(BridgeError):
    """The target asked for a pause; `retry_after` is in seconds."""

    disposition = Disposition.RETRY
    code = "throttled"


class NotReadyError(BridgeError):
    """A reference or a parent is not there yet; `waits_for` is the missing object, if it can be named."""

    disposition = Disposition.RETRY
    code = "not_ready"

    def __init__(self, message: str, *, waits_for: ObjectRef | None = None, attributes: tuple[str, ...] = ()) -> None:
        super().__init__(message, attributes=attributes)
        self.waits_for = waits_for


class ConnectionBrokenError(BridgeError):
    """The connection was lost during the call."""

    disposition = Disposition.UNCERTAIN
    scope = Scope.CONNECTOR
    code = "connection_broken"


class OperationTimeoutError(BridgeError):
    """The call did not answer within its deadline."""

    disposition = Disposition.UNCERTAIN
    scope = Scope.CONNECTOR
    code = "operation_timeout"


class PartiallyCreatedError(BridgeError):
    """The object was begun and not finished; `anchor` names it."""

    disposition = Disposition.UNCERTAIN
    code = "partially_created"


class AlreadyExistsError(BridgeError):
    """Another object has that name; `anchor` names it where known."""

    code = "already_exists"


class UnknownObjectError(BridgeError):
    """The target has no such object."""

    code = "unknown_object"


class AmbiguousObjectError(BridgeError):
    """More than one object answers to that identity."""

    code = "ambiguous_object"


class InvalidValueError(BridgeError):
    """A value that the target's schema forbids; `attributes` names where."""

    code = "invalid_value"


class PasswordRejectedError(BridgeError):
    """The target's password policy refused; the message gives the reason class, never the password."""

    code = "password_rejected"


class PermissionDeniedError(BridgeError):
    """Our account, or the caller, may not do this."""

    code = "permission_denied"


class BadCredentialsError(BridgeError):
    """The target refused our own account. Two tries, then the connector is held: more would lock the account."""

    disposition = Disposition.RETRY
    scope = Scope.CONNECTOR
    code = "bad_credentials"


class PreconditionError(BridgeError):
    """The object is no longer in the state that the write was made for."""

    code = "precondition"


class UnsupportedError(BridgeError):
    """The connector does not offer this."""

    code = "unsupported"


class ConfigurationError(BridgeError):
    """The configuration is wrong; the message says where and how to mend it."""

    scope = Scope.CONNECTOR
    code = "configuration"


class UnexpectedError(BridgeError):
    """Anything else: an adapter's bug, until its table knows better. Uncertain for writes."""

    disposition = Disposition.UNCERTAIN
    code = "unexpected"


class UnknownConnectorError(BridgeError):
    """No connector of that name is configured."""

    code = "unknown_connector"


class UnknownOperationError(BridgeError):
    """The journal has no such operation of that caller, or keeps it no longer."""

    code = "unknown_operation"


class OperationReusedError(BridgeError):
    """This caller used the operation id before, for another content."""

    code = "operation_reused"


class WatermarkExpiredError(BridgeError):
    """The target can no longer tell all changes since that watermark, or it is none of this target's.

    Only a full import shows the present state; what is missing in the delta was not deleted.
    """

    code = "watermark_expired"


class StepRefusedError(BridgeError):
    """The operation's state does not allow the step; the message says which it allows."""

    code = "step_refused"


class BacklogFullError(BridgeError):
    """The journal holds as much as it may, or its disk nearly so; `retry_after` says when to ask again."""

    disposition = Disposition.RETRY
    code = "backlog_full"


class UnavailableError(BridgeError):
    """The bridge itself cannot answer now: it is stopping, or its disk failed."""

    disposition = Disposition.RETRY
    code = "unavailable"


def outcome_of(error: BridgeError) -> Outcome:
    """The outcome of an attempt that ended in this error."""
    match error.disposition:
        case Disposition.RETRY:
            waits_for = error.waits_for if isinstance(error, NotReadyError) else None
            return Deferred(error.failure, waits_for)
        case Disposition.REJECT:
            return Rejected(error.failure, error.anchor)
        case Disposition.UNCERTAIN:
            return Uncertain(error.failure, error.anchor)


def _descendants(parent: type[BridgeError]) -> Iterator[type[BridgeError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _descendants(child)


def by_code() -> dict[str, type[BridgeError]]:
    """Every error class by its code, for those who turn a journaled Failure back into words of a protocol."""
    return {each.code: each for each in _descendants(BridgeError)}
