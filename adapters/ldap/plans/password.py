"""Passwords, by the extended operation (RFC 3062), so that the server hashes them and applies its policy.

OpenLDAP takes no assertion on it, so the object is looked up first, each time. `client` sends these requests over a
protected channel or not at all.
"""

from __future__ import annotations

from typing import cast

from adapters.ldap import encoding
from adapters.ldap.errors import SUCCESS, is_present_password, result_error
from adapters.ldap.lookup import Known, Plan, find
from bridge.sdk import (
    Applied,
    Attempt,
    ChangePassword,
    Name,
    PasswordRejectedError,
    Secret,
    SetPassword,
    Success,
    Unchanged,
    UnknownObjectError,
)


def set_password(known: Known, attempt: Attempt) -> Plan[Success]:
    body = cast("SetPassword", attempt.operation.body)
    return (yield from _password(known, attempt, None, body.password))


def change_password(known: Known, attempt: Attempt) -> Plan[Success]:
    body = cast("ChangePassword", attempt.operation.body)
    return (yield from _password(known, attempt, body.old, body.new))


def _password(known: Known, attempt: Attempt, old: Secret | None, new: Secret) -> Plan[Success]:
    target = attempt.operation.target
    contents = None if old is None else _content(old), _content(new)
    entry = yield from find(known.directory, known.directory.rules(target.object_type), target)
    if entry is None:
        raise UnknownObjectError(f"the server has no {target}")
    [answer] = yield [encoding.passwd_modify(entry.dn, *contents)]
    if answer.code == SUCCESS:
        return Applied(target.anchor, Name(entry.dn))
    # Sent again after doubt (the object was read back), the password is in the server's history because the first
    # sending took effect: a server with a history refuses the second, which would change nothing.
    if old is None and attempt.observed is not None and is_present_password(answer):
        return Unchanged(target.anchor, Name(entry.dn))
    raise result_error(answer, attempt.operation.kind, str(target))


def _content(password: Secret) -> bytes:
    """Not empty: the server would take that as the wish for one of its own making (RFC 3062 §2)."""
    if not password.reveal():
        raise PasswordRejectedError("the password is empty")
    try:
        return password.reveal().encode()
    except UnicodeEncodeError:
        # The original error repeats the text.
        raise PasswordRejectedError("the password holds a lone surrogate, which is no character") from None
