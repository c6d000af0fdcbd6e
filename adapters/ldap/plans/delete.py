"""Delete: bound to the object by the assertion, so that a new entry at an old DN is safe."""

from __future__ import annotations

from typing import cast

from adapters.ldap import encoding
from adapters.ldap.addressing import write
from adapters.ldap.decoding import Response
from adapters.ldap.errors import SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan
from bridge.sdk import Applied, Attempt, Name, Success, Unchanged, UnknownObjectError


def delete(known: Known, attempt: Attempt) -> Plan[Success]:
    target = attempt.operation.target
    try:
        written = yield from write(known, attempt, encoding.delete)
    except UnknownObjectError:
        return Unchanged(target.anchor, target.name)
    answer = cast("Response", written.answer)
    if answer.code != SUCCESS:
        raise result_error(answer, attempt.operation.kind, str(target))
    if target.anchor:
        known.names.drop(target.anchor)
    return Applied(target.anchor, Name(written.name))
