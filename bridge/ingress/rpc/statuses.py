"""How a call ends that does not succeed: with a gRPC status and google.rpc details.

ErrorInfo carries our own code and the operation id, RetryInfo the time after which to try again.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from bridge.ingress.rpc.access import UnauthenticatedError
from bridge.model.errors import BridgeError, InvalidValueError
from bridge.telemetry.collapse import collapse
from bridge.wire.errors import status_name
from bridge.wire.fields import FieldError

if TYPE_CHECKING:
    from bridge.ingress.rpc.access import Context

log = logging.getLogger(__name__)

DETAILS: Final = "grpc-status-details-bin"
DOMAIN: Final = "ecma-bridge"
_MAX_MESSAGE: Final = 4_096
"""Characters of an error message on the wire; trailers have a limit of 8 KiB on the way."""


@dataclass(slots=True)
class About:
    """What a call turned out to be about, for the details of its error."""

    operation: str = ""


@asynccontextmanager
async def answering(context: Context) -> AsyncIterator[About]:
    """Every error inside ends the call with its status. The text of an unforeseen one stays in the log."""
    about = About()
    try:
        yield about
    except BridgeError as error:
        await _abort(context, error, about)
    except FieldError as error:
        await _abort(context, InvalidValueError(str(error)), about)
    except UnauthenticatedError as error:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
    except TimeoutError:
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed; an accepted operation goes on")
    except (grpc.aio.AbortError, grpc.aio.BaseError):
        raise
    except MemoryError as error:
        collapse(error)
    except Exception:
        log.exception("a call failed in the bridge itself")
        await context.abort(grpc.StatusCode.INTERNAL, "the bridge failed; its log says where")


async def _abort(context: Context, error: BridgeError, about: About) -> NoReturn:
    code = grpc.StatusCode[status_name(error)]
    message = error.message[:_MAX_MESSAGE]
    await context.abort(code, message, ((DETAILS, _details(code, message, error, about).SerializeToString()),))


def _details(code: grpc.StatusCode, message: str, error: BridgeError, about: About) -> Status:
    status = Status(code=code.value[0], message=message)
    operation = {"operation": about.operation} if about.operation else {}
    status.details.add().Pack(ErrorInfo(reason=error.code, domain=DOMAIN, metadata=operation))
    if error.retry_after is not None:
        status.details.add().Pack(RetryInfo(retry_delay=_duration(error.retry_after)))
    return status


def _duration(seconds: float) -> Duration:
    whole = int(seconds)
    return Duration(seconds=whole, nanos=int((seconds - whole) * 1e9))
