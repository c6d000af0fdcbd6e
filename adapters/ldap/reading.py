"""Completes entries that came in part, and finds the objects behind references that are no DNs.

A step of a plan, called wherever objects are given to the engine: `plans.get`, `importing`. Comes next: `objects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from adapters.ldap import conditions
from adapters.ldap.decoding import Entry, Response
from adapters.ldap.directory import ByValue, Directory, TypeRules
from adapters.ldap.encoding import Request, Scope, search
from adapters.ldap.errors import NO_SUCH_OBJECT, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, is_type
from adapters.ldap.objects import Objects
from adapters.ldap.ranges import complete, is_partial
from adapters.ldap.stored_references import Named, key_of, looked_up
from bridge.sdk import TargetObject

TOGETHER: Final = 100
"""Values that one search looks for."""


def read_objects(
    known: Known, rules: TypeRules, entries: Sequence[Entry], wanted: Sequence[str]
) -> Plan[list[TargetObject]]:
    """The objects that the entries are; `wanted` are the attributes that they were read with."""
    whole = list(entries)
    for position, entry in enumerate(entries):
        if is_partial(entry):
            whole[position] = yield from complete(known.directory, entry, wanted)
    named = yield from _names(known.directory, rules, whole)
    objects = Objects(known.directory, rules, named)
    return [objects.read(each) for each in whole]


def _names(directory: Directory, rules: TypeRules, entries: Sequence[Entry]) -> Plan[Named]:
    asked = [
        (stored, request)
        for stored, contents in looked_up(rules, entries).items()
        for request in _searches(directory, stored, contents)
    ]
    if not asked:
        return {}
    answers = yield [request for _, request in asked]
    return {
        key_of(stored, content): entry.dn
        for (stored, _), answer in zip(asked, answers, strict=True)
        for entry in _found(answer)
        for contents in entry.attributes.values()
        for content in contents
    }


def _searches(directory: Directory, stored: ByValue, contents: Sequence[bytes]) -> Iterator[Request]:
    rules = directory.rules(stored.refers_to)
    name = stored.attribute.name
    for start in range(0, len(contents), TOGETHER):
        any_of = conditions.any_of(conditions.equal(name, each) for each in contents[start : start + TOGETHER])
        condition = conditions.all_of((is_type(rules), any_of))
        for base in rules.settings.bases:
            # Two objects may have one value: which is meant nobody can tell, and the server's limit must not decide.
            yield search(base, Scope.SUBTREE, condition, (name,), limit=2 * TOGETHER)


def _found(answer: Response) -> Iterable[Entry]:
    if answer.code not in {SUCCESS, NO_SUCH_OBJECT}:
        raise result_error(answer, None, "search of the objects referred to")
    return answer.entries
