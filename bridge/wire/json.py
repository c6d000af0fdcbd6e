"""An operation as one line of JSON, by protobuf's JSON mapping: what a file of operations holds.

`json_shape` checks the line first, so that a fault is told with its field; then protobuf and `operations` decode it.
Called by ``ecma-bridge apply``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, cast

from google.protobuf import json_format

from bridge.api.v1 import operations_pb2 as pb
from bridge.model.errors import InvalidValueError
from bridge.model.identity import CallerName
from bridge.model.operations import Operation
from bridge.wire.fields import FieldError
from bridge.wire.json_shape import JsonObject, check_message
from bridge.wire.operations import decode_operation

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

_SNAKE: Final = re.compile(r"_([a-z])")
_SHAPE: Final = cast("Descriptor", pb.Operation.DESCRIPTOR)  # the stub tells of upb's class as well


def operation_from_json(line: str, caller: CallerName) -> Operation:
    """InvalidValueError names the field, as it is spelled in JSON, and what is allowed."""
    document = _document(line)
    try:
        check_message(document, _SHAPE)
        message = json_format.ParseDict(document, pb.Operation())
    except FieldError as error:
        raise InvalidValueError(str(error)) from None
    except json_format.ParseError:
        # Its own words may repeat a value, and a password may be among them.
        raise InvalidValueError("not an operation by protobuf's JSON mapping; see docs/api.md") from None
    try:
        return decode_operation(message, caller)
    except FieldError as error:
        reason = _in_json(error.reason) if error.path == "body" else error.reason  # others may hold attributes' names
        raise InvalidValueError(f"{_in_json(error.path)} {reason}") from None


def _document(line: str) -> JsonObject:
    if line.startswith("\ufeff"):
        raise InvalidValueError("begins with a byte order mark; save the file as UTF-8 without one")
    try:
        document = json.loads(line.rstrip(), object_pairs_hook=JsonObject)
    except json.JSONDecodeError as error:
        fault = error.msg.removesuffix(" at")
        raise InvalidValueError(f"not JSON: {fault} at column {error.colno}; give one object a line") from None
    except RecursionError:
        raise InvalidValueError("not an operation: it is nested too deep") from None
    except ValueError:  # Python's limit of digits
        raise InvalidValueError("not an operation: it has a number of thousands of digits") from None
    if not isinstance(document, JsonObject):
        raise InvalidValueError("not an operation: give one JSON object a line, {…}")
    return document


def _in_json(names: str) -> str:
    """Names of fields as JSON spells them."""
    return _SNAKE.sub(lambda found: found[1].upper(), names)
