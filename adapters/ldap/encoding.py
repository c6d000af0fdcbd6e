"""LDAP requests as bytes (RFC 4511 §4), and the controls that go with them. Pure; used by `plans`
and `binding`.

A `Request` is everything but its message id, which `pipeline` gives it when it goes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from typing import Final

from adapters.ldap.ber import ENUMERATED, FALSE, TRUE, element, integer, octets, sequence, set_of

ASSERTION: Final = "1.3.6.1.1.12"
POST_READ: Final = "1.3.6.1.1.13.2"
MATCHED_VALUES: Final = "1.2.826.0.1.3344810.2.3"
PAGED_RESULTS: Final = "1.2.840.113556.1.4.319"
PASSWD_MODIFY: Final = "1.3.6.1.4.1.4203.1.11.1"  # noqa: S105 - the OID of an operation

PASSWORD_POLICY: Final = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105 - the OID of a control

UNICODE_PWD: Final = "unicodePwd"  # noqa: S105 - the name of an attribute

NO_ATTRIBUTES: Final = ("1.1",)
"""Asks a search for the names of entries only (RFC 4511 §4.5.1.8)."""

UNBIND: Final = element(0x42, b"")


class Effect(Enum):
    """Whether a request whose answer was lost may have changed the target."""

    READS = "reads"
    WRITES = "writes"


class Secrecy(Enum):
    """Who may see a request on its way."""

    ORDINARY = "ordinary"
    PASSWORD = "password"  # noqa: S105 - a word, not a password
    """It holds a password: `client` sends it over a protected channel or not at all."""


class Scope(IntEnum):
    BASE = 0
    SUBTREE = 2


class Change(IntEnum):
    """What one modification does to the values of its attribute."""

    ADD = 0
    DELETE = 1
    REPLACE = 2


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `max_entries` is how many entries its answer may have; a server that sends more is cut off."""

    operation: bytes = field(repr=False)
    controls: bytes = field(repr=False)
    effect: Effect
    max_entries: int = 0
    secrecy: Secrecy = Secrecy.ORDINARY

    @property
    def size(self) -> int:
        """In bytes, without the few of the message around it."""
        return len(self.operation) + len(self.controls)

    def message(self, message_id: int) -> bytes:
        return sequence(integer(message_id), self.operation, self.controls)


def _controls(controls: Iterable[bytes]) -> bytes:
    joined = b"".join(controls)
    return element(0xA0, joined) if joined else b""


def _control(oid: str, value: bytes, *, critical: bool) -> bytes:
    return sequence(octets(oid.encode()), TRUE if critical else b"", octets(value))


def assertion(condition: bytes) -> bytes:
    """The request takes effect only if the filter is true of its entry (RFC 4528)."""
    return _control(ASSERTION, condition, critical=True)


def post_read(attributes: Iterable[str]) -> bytes:
    """The answer brings these attributes of the entry as it became (RFC 4527)."""
    return _control(POST_READ, sequence(*(octets(each.encode()) for each in attributes)), critical=False)


def paged(size: int, cookie: bytes) -> bytes:
    """One page of the result (RFC 2696)."""
    return _control(PAGED_RESULTS, sequence(integer(size), octets(cookie)), critical=True)


def matched_values(conditions: Iterable[bytes]) -> bytes:
    """Of each entry only the values for which one of these conditions is true (RFC 3876)."""
    return _control(MATCHED_VALUES, sequence(*conditions), critical=True)


def control(oid: str, value: bytes | None = None) -> bytes:
    """Any other control; a server that does not know it refuses the request."""
    return sequence(octets(oid.encode()), TRUE, b"" if value is None else octets(value))


def _attribute(name: str, values: Iterable[bytes]) -> bytes:
    return sequence(octets(name.encode()), set_of(values))


def add(
    dn: str,
    attributes: Iterable[tuple[str, Sequence[bytes]]],
    *controls: bytes,
    secrecy: Secrecy = Secrecy.ORDINARY,
) -> Request:
    listed = sequence(*(_attribute(name, values) for name, values in attributes))
    return Request(element(0x68, octets(dn.encode()) + listed), _controls(controls), Effect.WRITES, secrecy=secrecy)


def modify(dn: str, changes: Iterable[tuple[Change, str, Sequence[bytes]]], *controls: bytes) -> Request:
    listed = sequence(
        *(sequence(integer(change, tag=ENUMERATED), _attribute(name, values)) for change, name, values in changes)
    )
    return Request(element(0x66, octets(dn.encode()) + listed), _controls(controls), Effect.WRITES)


def delete(dn: str, *controls: bytes) -> Request:
    return Request(element(0x4A, dn.encode()), _controls(controls), Effect.WRITES)


def modify_dn(dn: str, rdn: str, new_superior: str | None, *controls: bytes) -> Request:
    """Rename; the old naming value goes away with the old name."""
    superior = b"" if new_superior is None else element(0x80, new_superior.encode())
    content = octets(dn.encode()) + octets(rdn.encode()) + TRUE + superior
    return Request(element(0x6C, content), _controls(controls), Effect.WRITES)


def search(
    base: str, scope: Scope, condition: bytes, attributes: Iterable[str], *controls: bytes, limit: int
) -> Request:
    """`limit` is the most entries wanted; aliases are never followed."""
    content = b"".join(
        (
            octets(base.encode()),
            integer(scope, tag=ENUMERATED),
            integer(0, tag=ENUMERATED),
            # The server's own size limit answers "more than wanted"; a page is limited by its control instead.
            integer(0 if controls else limit),
            integer(0),
            FALSE,
            condition,
            sequence(*(octets(each.encode()) for each in attributes)),
        )
    )
    return Request(element(0x63, content), _controls(controls), Effect.READS, limit)


def passwd_modify(dn: str, old: bytes | None, new: bytes) -> Request:
    """Set the password of an entry, or change it if the old one is given (RFC 3062)."""
    old_part = b"" if old is None else element(0x81, old)
    value = sequence(element(0x80, dn.encode()), old_part, element(0x82, new))
    content = element(0x80, PASSWD_MODIFY.encode()) + element(0x81, value)
    # Has the server tell why it refuses.
    policy = sequence(octets(PASSWORD_POLICY.encode()))
    return Request(element(0x77, content), _controls([policy]), Effect.WRITES, secrecy=Secrecy.PASSWORD)


def unicode_pwd(dn: str, old: bytes | None, new: bytes) -> Request:
    """The same in Active Directory: the attribute unicodePwd, in quotes and UTF-16. Setting replaces it, changing
    takes the old one away as the new one comes."""
    written = _in_quotes(new)
    changes: Iterable[tuple[Change, str, Sequence[bytes]]] = (
        [(Change.REPLACE, UNICODE_PWD, [written])]
        if old is None
        else [(Change.DELETE, UNICODE_PWD, [_in_quotes(old)]), (Change.ADD, UNICODE_PWD, [written])]
    )
    return replace(modify(dn, changes), secrecy=Secrecy.PASSWORD)


def first_unicode_pwd(new: bytes) -> tuple[str, Sequence[bytes]]:
    """The attribute of an add by which a new account of Active Directory has its password from the start."""
    return UNICODE_PWD, [_in_quotes(new)]


def _in_quotes(password: bytes) -> bytes:
    return f'"{password.decode()}"'.encode("utf-16-le")
