"""After the renames of a batch: groups that hold old names are found, and corrected, for all the renames together.

All old names go and all new ones come in one change, so that where one object takes the name that another leaves each
keeps its own memberships. To write a group of 5,000 costs the server the same for one new name as for a hundred. What
is not settled here is left to `repairing`, rename by rename. Called by `adapter` once the batch is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.ldap import conditions, encoding, values
from adapters.ldap.decoding import Entry
from adapters.ldap.directory import Directory
from adapters.ldap.encoding import Change, Request, Scope
from adapters.ldap.errors import NO_SUCH_OBJECT, SUCCESS
from adapters.ldap.lookup import Known, Plan, is_type
from adapters.ldap.plans.rename import Moved
from adapters.ldap.plans.repairing import PAGE, Stale, may_be_written, stale_after, unprotected

TOGETHER: Final = 100
"""Old names that one search looks for."""


_Concern = tuple[Stale, Moved]
"""What has to change in one attribute of one object type, and because of which rename."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One search, and what it asks about: by the key of the old name."""

    request: Request
    about: Mapping[object, _Concern]


def follow_together(known: Known, moved: Sequence[Moved]) -> Plan[set[Moved]]:
    """Those whose old name groups may still hold."""
    if len(moved) == 1 or encoding.MATCHED_VALUES not in known.directory.kind.controls:
        return set(moved)
    return (yield from _unsettled(known.directory, moved))


def _unsettled(directory: Directory, moved: Iterable[Moved]) -> Plan[set[Moved]]:
    unsettled: set[Moved] = set()
    asked: list[_Asked] = []
    for group in _by_attribute(directory, moved):
        for start in range(0, len(group), TOGETHER):
            part = group[start : start + TOGETHER]
            about = {values.matching_key(stale.attribute, stale.old): (stale, each) for stale, each in part}
            if len(about) == len(part):
                asked.extend(_searches(directory, about))
            else:
                unsettled.update(each for _, each in part)
    answers = (yield [each.request for each in asked]) if asked else []
    found: list[tuple[Entry, list[_Concern]]] = []
    for each, answer in zip(asked, answers, strict=True):
        if answer.code in {SUCCESS, NO_SUCH_OBJECT} and len(answer.entries) < PAGE:
            found.extend((entry, _held(each, entry)) for entry in answer.entries if may_be_written(directory, entry))
        else:
            unsettled.update(moved for _, moved in each.about.values())
    answers = (yield [_replace(entry, concerns) for entry, concerns in found]) if found else []
    for (_, concerns), answer in zip(found, answers, strict=True):
        if answer.code != SUCCESS:
            unsettled.update(each for _, each in concerns)
    return unsettled


def _by_attribute(directory: Directory, moved: Iterable[Moved]) -> Iterable[list[_Concern]]:
    found: dict[tuple[str, str], list[_Concern]] = {}
    for each in moved:
        for stale in stale_after(directory, each.rules, each.old, each.new) if each.old else ():
            found.setdefault((stale.rules.name, stale.attribute.name), []).append((stale, each))
    return found.values()


def _searches(directory: Directory, about: Mapping[object, _Concern]) -> Iterator[_Asked]:
    """One below each base of the type. Of the attribute only the old names are told: it may hold 100,000 others."""
    stale, _ = next(iter(about.values()))
    names = [conditions.equal(stale.attribute.name, each.old) for each, _ in about.values()]
    condition = conditions.all_of((is_type(stale.rules), unprotected(directory), conditions.any_of(names)))
    controls = encoding.paged(PAGE, b""), encoding.matched_values(names)
    for base in stale.rules.settings.bases:
        request = encoding.search(base, Scope.SUBTREE, condition, (stale.attribute.name,), *controls, limit=PAGE)
        yield _Asked(request, about)


def _held(asked: _Asked, entry: Entry) -> list[_Concern]:
    stale, _ = next(iter(asked.about.values()))
    held = (values.matching_key(stale.attribute, each) for listed in entry.attributes.values() for each in listed)
    return [asked.about[key] for key in held if key in asked.about]


def _replace(entry: Entry, concerns: Sequence[_Concern]) -> Request:
    stale, _ = concerns[0]
    name = stale.attribute.name
    old, new = [each.old for each, _ in concerns], [each.new for each, _ in concerns]
    return encoding.modify(entry.dn, [(Change.DELETE, name, old), (Change.ADD, name, new)])
