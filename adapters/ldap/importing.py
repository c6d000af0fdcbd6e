"""Searches and full imports: page after page (RFC 2696) until the server has no more. Called by `adapter`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from adapters.ldap import conditions, encoding, search_filter, translate
from adapters.ldap.ber import MalformedError
from adapters.ldap.decoding import Entry, Response, read_cookie
from adapters.ldap.encoding import Scope
from adapters.ldap.errors import NO_SUCH_OBJECT, SUCCESS, result_error
from adapters.ldap.lookup import Known, Plan, is_type
from adapters.ldap.ranges import complete
from adapters.ldap.references import resolve
from adapters.ldap.schema import TypeRules
from bridge.sdk import ConfigurationError, Query, TargetObject

T = TypeVar("T")
RunPage = Callable[[Plan[Response]], Response]
RunCondition = Callable[[Plan[bytes]], bytes]


def pages(
    query: Query, known: Known, most: int, condition: RunCondition, page: RunPage
) -> Iterator[Sequence[TargetObject]]:
    """Every object that matches; a result that the server cut short raises."""
    rules = known.directory.rules(query.object_type)
    wanted = condition(_condition(known, rules, query))
    size = min(query.page_size, most)
    cookie = b""
    while True:
        answer = page(_page(known, rules, wanted, size, cookie))
        yield [translate.to_object(known.directory, rules, entry) for entry in answer.entries]
        cookie = next_cookie(answer)
        if not cookie:
            return


def _condition(known: Known, rules: TypeRules, query: Query) -> Plan[bytes]:
    if query.filter is None:
        return is_type(rules)
    dns = yield from resolve(known, search_filter.references_in(query.filter))
    wanted = search_filter.encode(rules, query.filter, dns, known.directory.kind.dn_attribute)
    return conditions.all_of((is_type(rules), wanted))


def _page(known: Known, rules: TypeRules, condition: bytes, size: int, cookie: bytes) -> Plan[Response]:
    attributes = translate.read_attributes(rules, known.directory)
    control = encoding.paged(size, cookie)
    [answer] = yield [encoding.search(rules.settings.base, Scope.SUBTREE, condition, attributes, control, limit=size)]
    if answer.code == NO_SUCH_OBJECT:
        raise ConfigurationError(f"object_types.{rules.name}.base: {rules.settings.base} is not there or not readable")
    if answer.code != SUCCESS:
        raise result_error(answer, None, f"search of {rules.name}")
    if answer.references:
        raise ConfigurationError(
            f"a part of {rules.settings.base} lies on another server; choose bases without referrals"
        )
    answer.entries = yield from _completed(known, answer.entries, attributes)
    return answer


def _completed(known: Known, entries: Sequence[Entry], attributes: Sequence[str]) -> Plan[list[Entry]]:
    whole = []
    for entry in entries:
        found = yield from complete(known.directory, entry, attributes)
        whole.append(found)
    return whole


def next_cookie(answer: Response) -> bytes:
    """Of the next page; empty after the last."""
    value = answer.controls.get(encoding.PAGED_RESULTS)
    if value is None:
        raise ConfigurationError("the server does not page its results (RFC 2696), so the end of one cannot be told")
    try:
        return read_cookie(value)
    except MalformedError as error:
        raise ConfigurationError(f"the server's paging cannot be read: {error}") from error
