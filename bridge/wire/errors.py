"""Errors of the bridge and names of gRPC status codes: the one table, read in both directions.

Names instead of grpc's enum, because a Refusal carries the name, and grpc is for ingress.rpc and the client
alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bridge.api.v1 import operations_pb2 as pb
from bridge.model import errors
from bridge.model.errors import BridgeError

STATUS: Final[Mapping[type[BridgeError], str]] = {
    errors.ConnectionFailedError: "UNAVAILABLE",
    errors.ThrottledError: "UNAVAILABLE",
    errors.NotReadyError: "FAILED_PRECONDITION",
    errors.ConnectionBrokenError: "UNAVAILABLE",
    errors.OperationTimeoutError: "UNAVAILABLE",
    errors.PartiallyCreatedError: "INTERNAL",
    errors.AlreadyExistsError: "ALREADY_EXISTS",
    errors.UnknownObjectError: "NOT_FOUND",
    errors.AmbiguousObjectError: "FAILED_PRECONDITION",
    errors.InvalidValueError: "INVALID_ARGUMENT",
    errors.PasswordRejectedError: "INVALID_ARGUMENT",
    errors.PermissionDeniedError: "PERMISSION_DENIED",
    errors.BadCredentialsError: "UNAVAILABLE",
    errors.PreconditionError: "FAILED_PRECONDITION",
    errors.UnsupportedError: "UNIMPLEMENTED",
    errors.ConfigurationError: "FAILED_PRECONDITION",
    errors.UnexpectedError: "INTERNAL",
    errors.UnknownConnectorError: "NOT_FOUND",
    errors.UnknownOperationError: "NOT_FOUND",
    errors.OperationReusedError: "ALREADY_EXISTS",
    errors.WatermarkExpiredError: "OUT_OF_RANGE",
    errors.StepRefusedError: "FAILED_PRECONDITION",
    errors.BacklogFullError: "RESOURCE_EXHAUSTED",
    errors.UnavailableError: "UNAVAILABLE",
}

_BY_CODE: Final = errors.by_code()

_BY_STATUS: Final[Mapping[str, type[BridgeError]]] = {
    "INVALID_ARGUMENT": errors.InvalidValueError,
    "NOT_FOUND": errors.UnknownOperationError,
    "PERMISSION_DENIED": errors.PermissionDeniedError,
    "UNAUTHENTICATED": errors.PermissionDeniedError,
    "ALREADY_EXISTS": errors.OperationReusedError,
    "UNIMPLEMENTED": errors.UnsupportedError,
    "RESOURCE_EXHAUSTED": errors.BacklogFullError,
    "UNAVAILABLE": errors.UnavailableError,
    "FAILED_PRECONDITION": errors.StepRefusedError,
    "DEADLINE_EXCEEDED": errors.OperationTimeoutError,
}
"""What a bare status means, where no code of ours came with it."""


def status_name(error: BridgeError) -> str:
    return STATUS.get(type(error), "INTERNAL")


def error_of(status: str, message: str, *, code: str = "", retry_after: float | None = None) -> BridgeError:
    """The error that an answer stands for: by our own code if it came along, else by the status."""
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, errors.UnexpectedError)
    error = kind(message)
    error.retry_after = retry_after
    return error


def encode_refusal(operation_id: str, error: BridgeError) -> pb.Refusal:
    return pb.Refusal(
        id=operation_id, status=status_name(error), message=error.message, retry_after=error.retry_after or 0
    )


def decode_refusal(message: pb.Refusal) -> BridgeError:
    return error_of(message.status, message.message, retry_after=message.retry_after or None)
