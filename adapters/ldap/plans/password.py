"""Passwords, in the way of the server's kind (RFC 3062, unicodePwd): the server hashes them and applies its policy.

OpenLDAP takes no assertion on it, so the object is looked up first, each time. `client` sends these requests over a
protected channel or not at all.
"""

from __future__ import annotations

from typing import cast

from adapters.ldap.addressing import check_protection
from adapters.ldap.decoding import Response
from adapters.ldap.errors import SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, find
from adapters.ldap.password_policy import refusal
from adapters.ldap.translate import password_content
from bridge.sdk import (
    Applied,
    Attempt,
    ChangePassword,
    Name,
    Secret,
    SetPassword,
    Success,
    Unchanged,
    UnknownObjectError,
)


def set_password(known: Known, attempt: Attempt) -> Plan[Success]:
    """Unchanged if the policy refuses the password because it is the present one: an earlier attempt has set it."""
    body = cast("SetPassword", attempt.operation.body)
    name, answer = yield from _send(known, attempt, None, body.password)
    same = known.directory.kind.same_password
    if same and same in answer.diagnostic:
        return Unchanged(attempt.operation.target.anchor, name)
    return _concluded(attempt, name, answer)


def change_password(known: Known, attempt: Attempt) -> Plan[Success]:
    body = cast("ChangePassword", attempt.operation.body)
    name, answer = yield from _send(known, attempt, body.old, body.new)
    return _concluded(attempt, name, answer)


def _send(known: Known, attempt: Attempt, old: Secret | None, new: Secret) -> Plan[tuple[Name, Response]]:
    target = attempt.operation.target
    contents = None if old is None else password_content(old), password_content(new)
    entry = yield from find(known.directory, known.directory.rules(target.object_type), target)
    if entry is None:
        raise UnknownObjectError(f"the server has no {target}")
    yield from check_protection(known.directory, entry.dn)
    [answer] = yield [known.directory.kind.password(entry.dn, *contents)]
    return Name(entry.dn), answer


def _concluded(attempt: Attempt, name: Name, answer: Response) -> Success:
    target = attempt.operation.target
    if answer.code != SUCCESS:
        raise refusal(answer, str(target)) or result_error(answer, attempt.operation.kind, str(target))
    return Applied(target.anchor, name)
