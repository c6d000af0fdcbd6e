"""The filter of a search as bytes, by the schema of its object type. Pure; called by `importing`.

Strings compare by the attribute's own matching rule, as everywhere in a directory: where the schema says that case
does not count, it does not count here.
"""

from __future__ import annotations

from typing import Final, assert_never

from adapters.ldap import conditions, dn, values
from adapters.ldap.account_flags import Flag, State
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.directory import TypeRules
from adapters.ldap.stored_references import Referred, content_of
from bridge.sdk import InvalidValueError, ObjectRef, UnsupportedError, Value, filters

NOTHING: Final = conditions.none_of(conditions.present("objectClass"))
EVERYTHING: Final = conditions.present("objectClass")


def encode(rules: TypeRules, tree: filters.Filter, referred: Referred, dn_attribute: str) -> bytes:
    """`dn_attribute` holds an entry's own DN (entryDN of RFC 5020, or as the server calls it).

    UnsupportedError for a comparison that the attribute's schema has no rule for: the server would find nothing."""
    match tree:
        case filters.And(terms):
            # Not every server knows the empty set of filters (RFC 4526).
            encoded = [encode(rules, term, referred, dn_attribute) for term in terms]
            return conditions.all_of(encoded) if encoded else EVERYTHING
        case filters.Or(terms):
            encoded = [encode(rules, term, referred, dn_attribute) for term in terms]
            return conditions.any_of(encoded) if encoded else NOTHING
        case filters.Not(term):
            return conditions.none_of(encode(rules, term, referred, dn_attribute))
        case filters.Present(attribute):
            return _present(rules, attribute)
        case filters.Compare(attribute, comparison, value):
            if attribute == filters.NAME:
                return _named(dn_attribute, comparison, value)
            return _compare(rules, attribute, comparison, value, referred)
    assert_never(tree)


def references_in(tree: filters.Filter) -> list[ObjectRef]:
    """Every reference that the filter compares with."""
    match tree:
        case filters.And(terms) | filters.Or(terms):
            return [ref for term in terms for ref in references_in(term)]
        case filters.Not(term):
            return references_in(term)
        case filters.Compare(_, _, ObjectRef() as ref):
            return [ref]
        case _:
            return []


def _present(rules: TypeRules, attribute: str) -> bytes:
    if attribute == filters.NAME or attribute in rules.flags:
        return EVERYTHING
    definition = rules.attributes.get(attribute.lower())
    if definition is None:
        return NOTHING
    if rules.kept_filled(definition) is not None:
        raise UnsupportedError(f"the server cannot tell whether {definition.name} holds more than the placeholder")
    return conditions.present(values.wire_name(definition))


def _compare(
    rules: TypeRules, attribute: str, comparison: filters.Comparison, value: Value, referred: Referred
) -> bytes:
    if attribute in rules.flags:
        return _flag(attribute, rules.flags[attribute], comparison, value)
    definition = rules.attributes.get(attribute.lower())
    if definition is None:
        return NOTHING
    if not isinstance(value, ObjectRef):
        return _rule(definition, comparison, values.encode(definition, value))
    if value not in referred:
        return NOTHING
    return _rule(definition, comparison, content_of(rules, definition, value, referred[value]))


def _rule(definition: AttributeDefinition, comparison: filters.Comparison, content: bytes) -> bytes:
    name = values.wire_name(definition)
    match comparison:
        case filters.Comparison.EQUAL:
            return conditions.equal(name, _ruled(definition, definition.equality, comparison, content))
        case filters.Comparison.GREATER_OR_EQUAL:
            return conditions.greater_or_equal(name, _ruled(definition, definition.ordering, comparison, content))
        case filters.Comparison.LESS_OR_EQUAL:
            return conditions.less_or_equal(name, _ruled(definition, definition.ordering, comparison, content))
        case filters.Comparison.STARTS_WITH:
            return conditions.starts_with(name, _ruled(definition, definition.substring, comparison, content))
        case filters.Comparison.ENDS_WITH:
            return conditions.ends_with(name, _ruled(definition, definition.substring, comparison, content))
        case filters.Comparison.CONTAINS:
            return conditions.contains(name, _ruled(definition, definition.substring, comparison, content))
    assert_never(comparison)


def _ruled(definition: AttributeDefinition, rule: str, comparison: filters.Comparison, content: bytes) -> bytes:
    if not rule:
        raise UnsupportedError(f"the server has no rule to compare {definition.name} by {comparison}")
    return content


def _named(dn_attribute: str, comparison: filters.Comparison, value: Value) -> bytes:
    if comparison is not filters.Comparison.EQUAL or not isinstance(value, str):
        raise UnsupportedError("the name can only be compared for equality with a DN")
    try:
        dn.parse(value)
    except dn.DnError as error:
        raise InvalidValueError(f"{value!r} is no DN: {error}", attributes=(filters.NAME,)) from error
    return conditions.equal(dn_attribute, value.encode())


def _flag(name: str, flag: Flag, comparison: filters.Comparison, value: Value) -> bytes:
    if comparison is not filters.Comparison.EQUAL or not isinstance(value, bool):
        raise UnsupportedError(f"{name} can only be compared for equality with true or false")
    return flag.condition(State(value))
