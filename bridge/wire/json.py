"""An operation as one line of JSON, by protobuf's JSON mapping: what a file of operations holds."""

from __future__ import annotations

import re
from typing import Final

from google.protobuf import json_format

from bridge.api.v1 import operations_pb2 as pb
from bridge.model.errors import InvalidValueError
from bridge.model.identity import CallerName
from bridge.model.operations import Operation
from bridge.wire.fields import refused
from bridge.wire.operations import decode_operation

_PASSWORD: Final = re.compile(r'Password" has no field|assword field')
_NUMBER: Final = re.compile(r"(?<=with base 10: )'.*?'")


def operation_from_json(line: str, caller: CallerName) -> Operation:
    """InvalidValueError names the field and what is allowed."""
    try:
        message = json_format.Parse(line, pb.Operation())
    except json_format.ParseError as error:
        raise InvalidValueError(f"not an operation: {_told(error)}") from None
    except RecursionError:
        raise InvalidValueError("not an operation: it is nested too deep") from None
    with refused():
        return decode_operation(message, caller)


def _told(error: json_format.ParseError) -> str:
    """Protobuf's words on one line, without the values that it repeats: a password may be among them."""
    text = " ".join(str(error).split())
    if _PASSWORD.search(text):
        return 'give setPassword as {"password": TEXT}, changePassword as {"oldPassword": TEXT, "newPassword": TEXT}'
    return _NUMBER.sub("what stands there", text)
