"""Searches and full imports: page after page (RFC 2696) until the server has no more. Called by `adapter`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from adapters.ldap import conditions, encoding, search_filter, translate
from adapters.ldap.ber import MalformedError
from adapters.ldap.decoding import Response, read_cookie
from adapters.ldap.directory import TypeRules
from adapters.ldap.encoding import Scope
from adapters.ldap.errors import NO_SUCH_OBJECT, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, elsewhere, is_type, no_base
from adapters.ldap.reading import read_objects
from adapters.ldap.references import resolve
from adapters.ldap.stored_references import asked_of_referred
from bridge.sdk import ConfigurationError, Query, TargetObject

T = TypeVar("T")
Page = tuple[Sequence[TargetObject], bytes]
"""Objects, and the cookie of the next page, empty after the last."""
RunPage = Callable[[Plan[Page]], Page]
RunCondition = Callable[[Plan[bytes]], bytes]


def pages(
    query: Query, known: Known, most: int, condition: RunCondition, page: RunPage
) -> Iterator[Sequence[TargetObject]]:
    """Every object that matches, base after base; a result that the server cut short raises."""
    rules = known.directory.rules(query.object_type)
    wanted = condition(_condition(known, rules, query))
    size = min(query.page_size, most)
    for base in rules.settings.bases:
        cookie = b""
        while True:
            objects, cookie = page(_page(known, rules, base, wanted, encoding.paged(size, cookie), size))
            yield objects
            if not cookie:
                break


def _condition(known: Known, rules: TypeRules, query: Query) -> Plan[bytes]:
    if query.filter is None:
        return is_type(rules)
    referred = yield from resolve(known, search_filter.references_in(query.filter), asked_of_referred(rules))
    wanted = search_filter.encode(rules, query.filter, referred, known.directory.kind.dn_attribute)
    return conditions.all_of((is_type(rules), wanted))


def _page(known: Known, rules: TypeRules, base: str, condition: bytes, control: bytes, size: int) -> Plan[Page]:
    attributes = translate.read_attributes(rules, known.directory)
    [answer] = yield [encoding.search(base, Scope.SUBTREE, condition, attributes, control, limit=size)]
    if answer.code == NO_SUCH_OBJECT:
        raise no_base(rules, base)
    if answer.code != SUCCESS:
        raise result_error(answer, None, f"search of {rules.name}")
    if answer.references:
        raise elsewhere(f"search of {rules.name} below {base}")
    objects = yield from read_objects(known, rules, answer.entries, attributes)
    return objects, next_cookie(answer)


def next_cookie(answer: Response) -> bytes:
    """Of the next page; empty after the last."""
    value = answer.controls.get(encoding.PAGED_RESULTS)
    if value is None:
        raise ConfigurationError("the server does not page its results (RFC 2696), so the end of one cannot be told")
    try:
        return read_cookie(value)
    except MalformedError as error:
        raise ConfigurationError(f"the server's paging cannot be read: {error}") from error
