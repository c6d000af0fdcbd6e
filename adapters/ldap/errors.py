"""One table: what an LDAP result means to the bridge, by result code, kind of operation and diagnostic text.

A code alone is not enough: OpenLDAP says constraintViolation for a value too many, a value not unique and a password
too short. Called by `plans` and `binding`. An answer with a result code is always a refusal: surely not applied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from adapters.ldap.decoding import Response
from adapters.ldap.server_kind import OPENLDAP
from bridge.sdk import (
    AlreadyExistsError,
    BadCredentialsError,
    BridgeError,
    ConfigurationError,
    ConnectionFailedError,
    InvalidValueError,
    OperationKind,
    PasswordRejectedError,
    PermissionDeniedError,
    PreconditionError,
    ThrottledError,
    UnexpectedError,
    UnknownObjectError,
    UnsupportedError,
)

SUCCESS: Final = 0
SIZE_LIMIT_EXCEEDED: Final = 4
NO_SUCH_ATTRIBUTE: Final = 16
VALUE_EXISTS: Final = 20
NO_SUCH_OBJECT: Final = 32
INVALID_CREDENTIALS: Final = 49
INSUFFICIENT_RIGHTS: Final = 50
OBJECT_CLASS_VIOLATION: Final = 65
ALREADY_EXISTS: Final = 68
OTHER: Final = 80
ASSERTION_FAILED: Final = 122

_PASSWORDS: Final = frozenset({OperationKind.SET_PASSWORD, OperationKind.CHANGE_PASSWORD})
_WRITES: Final = frozenset(OperationKind) - _PASSWORDS
_CREATES: Final = frozenset({OperationKind.CREATE})
_ANY: Final[frozenset[OperationKind | None]] = frozenset({*OperationKind, None})
"""None stands for a read."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row fits if the code is one of its own, the kind too, and the diagnostic matches. The first that fits wins."""

    codes: frozenset[int]
    error: type[BridgeError]
    sentence: str
    kinds: frozenset[OperationKind | None] | frozenset[OperationKind] = _ANY
    diagnostic: re.Pattern[str] = re.compile("")


def _row(
    codes: set[int],
    error: type[BridgeError],
    sentence: str,
    kinds: frozenset[OperationKind | None] | frozenset[OperationKind] = _ANY,
    diagnostic: str = "",
) -> _Row:
    return _Row(frozenset(codes), error, sentence, kinds, re.compile(diagnostic, re.IGNORECASE))


_REFUSED: Final = {19, 53}
_TABLE: Final = (
    # Passwords: the server's own words are not passed on, a server may repeat the password in them.
    _row(_REFUSED, PasswordRejectedError, "the old password is wrong", _PASSWORDS, "verify old password|^00000056"),
    _row({INVALID_CREDENTIALS}, PasswordRejectedError, "the old password is wrong", _PASSWORDS),
    _row(_REFUSED, PasswordRejectedError, "the password is the one it has", _PASSWORDS, OPENLDAP.same_password),
    _row(_REFUSED, PasswordRejectedError, "the password was used before", _PASSWORDS, "history|reuse"),
    _row(_REFUSED, PasswordRejectedError, "the password was changed too recently", _PASSWORDS, "too young|too soon"),
    _row(_REFUSED, PasswordRejectedError, "the password is too short", _PASSWORDS, "too short"),
    _row(_REFUSED, PasswordRejectedError, "the password is not good enough for the policy", _PASSWORDS),
    # The one that a new account of Active Directory brings.
    _row(_REFUSED, PasswordRejectedError, "the password is not good enough for the policy", _CREATES, "^0000052D"),
    # OpenLDAP's unique overlay: some other entry holds the value, which is what a taken name is elsewhere.
    _row({19}, AlreadyExistsError, "another object has a value that must be unique", _WRITES, "not unique|non-unique"),
    _row({16, 17, 18, 19, 20, 21, 34, 64, 65, 67, 69}, InvalidValueError, "the server's schema forbids it"),
    _row({NO_SUCH_OBJECT}, UnknownObjectError, "the server has no such entry"),
    _row({ALREADY_EXISTS}, AlreadyExistsError, "an entry of that name exists"),
    _row({66}, PreconditionError, "the entry has entries below it; remove or move these first"),
    _row({ASSERTION_FAILED}, PreconditionError, "the entry is no longer in the state that the write was made for"),
    _row({50, 123}, PermissionDeniedError, "the connector's account may not do this; grant it on the server"),
    _row({INVALID_CREDENTIALS}, BadCredentialsError, "the server refuses the connector's account"),
    _row({51}, ThrottledError, "the server is busy"),
    _row({3}, ThrottledError, "the server's time limit was exceeded"),
    _row({11}, UnsupportedError, "more was asked than the account's limits on the server allow; lower page_size"),
    _row({52}, ConnectionFailedError, "the server is not available"),
    _row(
        {SIZE_LIMIT_EXCEEDED}, UnsupportedError, "the server cut the result short; raise the account's size limit there"
    ),
    _row({7, 8, 13}, ConfigurationError, "the server wants another bind or more protection"),
    _row({10}, ConfigurationError, "the server points to another server; give the url of the one that takes writes"),
    _row({12}, ConfigurationError, "the server lacks a control that the adapter needs (RFC 4528, RFC 2696)"),
    _row({53, 71}, UnsupportedError, "the server is unwilling to do this"),
)

_ATTRIBUTE: Final = re.compile(
    r"attribute '(?P<quoted>[^']+)'"
    r'|attribute "(?P<doubly>[^"]+)"'
    # Active Directory: Samba's words, then Windows'.
    r"|SINGLE-VALUE attribute (?P<single>[A-Za-z][\w-]*)"
    r"|Att [0-9a-f]+ \((?P<windows>[^:)]+)"
    r"|(?:^|[:\s])(?!objectclass_attrs)(?P<leading>[A-Za-z][\w;.-]*): (?=value|no |attribute|multiple)"
    r"|with \(\|?\(?(?P<filtered>[A-Za-z][\w.-]*)="
)
_NAMING: Final = frozenset({InvalidValueError, AlreadyExistsError})
"""The errors that name an attribute where the diagnostic does."""

_LONGEST: Final = 200


def result_error(response: Response, kind: OperationKind | None, subject: str) -> BridgeError:
    """The error for a result that is not success. `subject` names the object for the reader of the message."""
    for row in _TABLE:
        if response.code in row.codes and kind in row.kinds and row.diagnostic.search(response.diagnostic):
            about_password = kind in _PASSWORDS or row.error is PasswordRejectedError
            said = "" if about_password else _said(response.diagnostic)
            found = _attribute(response.diagnostic) if row.error in _NAMING else ()
            return row.error(f"{subject}: {row.sentence}{said} (LDAP result {response.code})", attributes=found)
    return UnexpectedError(f"{subject}: the server answered with LDAP result {response.code}")


def _said(diagnostic: str) -> str:
    text = "".join(char if char.isprintable() else " " for char in diagnostic[:_LONGEST]).strip()
    return f": {text}" if text else ""


def _attribute(diagnostic: str) -> tuple[str, ...]:
    found = _ATTRIBUTE.search(diagnostic)
    return (found[found.lastgroup or 0],) if found else ()
