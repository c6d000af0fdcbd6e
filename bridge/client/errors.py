"""A failed gRPC call becomes the bridge's own error, by the details that came with its status."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

import grpc
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from bridge.model.errors import BridgeError, OperationTimeoutError, UnavailableError, UnexpectedError
from bridge.wire.errors import error_of
from bridge.wire.fields import FieldError

_DETAILS: Final = "grpc-status-details-bin"
_COLON: Final = re.compile(r":\s*")
_FIXES: Final = {
    os.strerror(errno.EACCES): "you may not open the socket: become a member of its group, or use the bridge's own user"
}
"""By the system's own words, where the bridge itself is not at fault."""


@contextmanager
def calling(target: str) -> Iterator[None]:
    """Raise the bridge's error in place of grpc's."""
    try:
        yield
    except grpc.RpcError as error:
        raise translate(error, target) from None


@contextmanager
def decoding() -> Iterator[None]:
    """Raise the bridge's error where an answer cannot be understood."""
    try:
        yield
    except FieldError as error:
        raise UnexpectedError(f"the bridge answered what this client does not understand: {error}") from None


def translate(error: grpc.RpcError, target: str) -> BridgeError:
    """By our own code where the bridge itself answered; else by grpc's status, in words of our own."""
    call = cast("grpc.Call", error)  # whatever a call raises is the call itself as well
    code, retry_after = "", None
    for detail in _details(call):
        if isinstance(detail, ErrorInfo):
            code = detail.reason
        else:
            retry_after = detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9
    if not code and call.code() is grpc.StatusCode.UNAVAILABLE:
        reason = _reason(call)
        fix = _FIXES.get(reason, "start it, or give its address")
        return UnavailableError(f"the bridge at {target} is not reached: {reason}; {fix}", retry_after=retry_after)
    if not code and call.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return OperationTimeoutError(f"the bridge at {target} did not answer in time; an accepted operation goes on")
    return error_of(call.code().name, call.details() or "", code=code, retry_after=retry_after)


def _reason(call: grpc.Call) -> str:
    """Of grpc's account, the system's own words: they stand last."""
    return _COLON.split(call.details() or "the connection was lost")[-1]


def _details(call: grpc.Call) -> Iterator[ErrorInfo | RetryInfo]:
    for key, value in call.trailing_metadata() or ():
        if key == _DETAILS and isinstance(value, bytes):
            for packed in Status.FromString(value).details:
                for detail in (ErrorInfo(), RetryInfo()):
                    if packed.Unpack(detail):
                        yield detail
