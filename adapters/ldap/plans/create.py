"""Create: one add, whose answer brings the anchor. A re-send after doubt is the same add: LDAP refuses a second one."""

from __future__ import annotations

from typing import cast

from adapters.ldap import encoding, translate
from adapters.ldap.ber import MalformedError
from adapters.ldap.decoding import Response, read_post_read
from adapters.ldap.encoding import Secrecy
from adapters.ldap.errors import ALREADY_EXISTS, NO_SUCH_OBJECT, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan
from adapters.ldap.plans.parents import make_parents
from adapters.ldap.plans.taken import anchor_at, no_parent
from adapters.ldap.references import require, resolve
from adapters.ldap.stored_references import asked_of_referred
from bridge.sdk import (
    AlreadyExistsError,
    Anchor,
    Applied,
    Attempt,
    BridgeError,
    ConnectionBrokenError,
    Create,
    Name,
    Success,
)


def create(known: Known, attempt: Attempt) -> Plan[Success]:
    target = attempt.operation.target
    rules = known.directory.rules(target.object_type)
    name = translate.checked_name(rules, target.name)
    attributes = cast("Create", attempt.operation.body).attributes
    known.directory.protection.check_name(name)
    wanted = translate.references_in(attributes.values())
    referred = yield from resolve(known, wanted, asked_of_referred(rules))
    for attribute, listed in attributes.items():
        require(referred, attribute, translate.references_in([listed]))
    entry = translate.new_entry(rules, name, attributes, referred)
    secrecy = Secrecy.PASSWORD if translate.first_password(rules, attributes) else Secrecy.ORDINARY
    request = encoding.add(name, entry, encoding.post_read((known.directory.anchor.name,)), secrecy=secrecy)
    [answer] = yield [request]
    if answer.code == NO_SUCH_OBJECT and (yield from make_parents(rules, name)):
        [answer] = yield [request]
    if answer.code == SUCCESS:
        return (yield from _created(known, name, answer))
    if answer.code == NO_SUCH_OBJECT:
        raise no_parent(known, name)
    if answer.code == ALREADY_EXISTS:
        anchor = yield from anchor_at(known, name)
        if anchor is not None:
            raise AlreadyExistsError(f"an entry {name} exists", anchor=anchor)
    raise result_error(answer, attempt.operation.kind, str(target))


def _created(known: Known, name: str, answer: Response) -> Plan[Success]:
    anchor = _told(known, answer)
    if anchor is None:
        try:
            anchor = yield from anchor_at(known, name)
        except BridgeError as error:
            raise ConnectionBrokenError(f"{name} was created, but its anchor could not be read: {error}") from error
    if anchor is not None:
        known.names.put(anchor, name)
    return Applied(anchor, Name(name))


def _told(known: Known, answer: Response) -> Anchor | None:
    """The anchor in the answer, if the server knows post-read (RFC 4527) and shows it."""
    value = answer.controls.get(encoding.POST_READ)
    if value is None:
        return None
    try:
        return translate.anchor_in(known.directory, read_post_read(value))
    except (MalformedError, BridgeError):
        return None
