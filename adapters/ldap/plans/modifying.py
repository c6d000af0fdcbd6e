"""Modify requests: with the placeholder where they need one, part after part where there are many.

Called by `update` and `merging`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import cast

from adapters.ldap import encoding, values
from adapters.ldap.addressing import Make, Reach, Written, guarded, tightest
from adapters.ldap.decoding import Response
from adapters.ldap.directory import TypeRules
from adapters.ldap.encoding import Request
from adapters.ldap.errors import ASSERTION_FAILED, NO_SUCH_OBJECT, OBJECT_CLASS_VIOLATION, SUCCESS
from adapters.ldap.lookup import Known, Plan, is_anchor, is_type
from adapters.ldap.modifications import Modification, filled
from bridge.sdk import AttributeType, ObjectRef, ThrottledError

Send = Callable[[Make], Plan[Written]]


def _modify(changes: Iterable[Modification], name: str, control: bytes) -> Request:
    return encoding.modify(name, ((change, values.wire_name(what), held) for change, what, held in changes), control)


def filling(rules: TypeRules, changes: Sequence[Modification], send: Send) -> Plan[Written]:
    """Send the changes; once more with the placeholder if they would take away the last member.

    The placeholder stays from then on: so whoever removes or adds members meanwhile, nobody's removal fails.
    """
    written = yield from send(partial(_modify, changes))
    if written.answer is None or written.answer.code != OBJECT_CLASS_VIOLATION:
        return written
    more = filled(rules, changes)
    return written if len(more) == len(changes) else (yield from send(partial(_modify, more)))


def send_rest(
    known: Known, rules: TypeRules, target: ObjectRef, name: str, rest: Sequence[Sequence[Modification]]
) -> Plan[Response]:
    """The further parts of an update, to the object that the first went to. The answer to the first that fails."""
    wanted = is_type(rules) if target.anchor is None else is_anchor(known.directory, target.anchor)
    done = Response(code=SUCCESS)
    for part in rest:
        guard = tightest(known, reach(rules, part))
        written = yield from filling(rules, part, partial(guarded, known, rules, name, wanted, guard=guard))
        done = cast("Response", written.answer)
        if done.code in {NO_SUCH_OBJECT, ASSERTION_FAILED}:
            raise ThrottledError(f"{target} was renamed by others while it was written", retry_after=1.0)
        if done.code != SUCCESS:
            break
    return done


def reach(rules: TypeRules, changes: Iterable[Modification]) -> Reach:
    links = any(rules.type_of(what) is AttributeType.REFERENCE for _, what, _ in changes)
    return Reach.LINKED_ENTRIES if links else Reach.ENTRY
