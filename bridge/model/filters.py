"""The filter tree of a search. Adapters translate it; `matches` is its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from bridge.model.attributes import Value, Values
from bridge.model.objects import TargetObject


class Comparison(StrEnum):
    EQUAL = "equal"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    CONTAINS = "contains"
    GREATER_OR_EQUAL = "greater_or_equal"
    LESS_OR_EQUAL = "less_or_equal"


@dataclass(frozen=True, slots=True)
class Compare:
    """True if any value of the attribute compares so. The attribute `name` is the object's name."""

    attribute: str
    comparison: Comparison
    value: Value


@dataclass(frozen=True, slots=True)
class Present:
    """True if the attribute has a value."""

    attribute: str


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: Filter


Filter = Compare | Present | And | Or | Not

NAME = "name"
"""The attribute by which a filter speaks of the object's name."""


def matches(tree: Filter, candidate: TargetObject) -> bool:
    """Whether the object satisfies the filter; strings compare exactly."""
    match tree:
        case And(terms):
            return all(matches(term, candidate) for term in terms)
        case Or(terms):
            return any(matches(term, candidate) for term in terms)
        case Not(term):
            return not matches(term, candidate)
        case Present(attribute):
            return bool(_values(candidate, attribute))
        case Compare(attribute, comparison, value):
            return any(_compare(comparison, each, value) for each in _values(candidate, attribute))
    assert_never(tree)


def _values(candidate: TargetObject, attribute: str) -> Values:
    return (candidate.name,) if attribute == NAME else candidate.attributes.get(attribute, ())


def _compare(comparison: Comparison, left: Value, right: Value) -> bool:
    match comparison:
        case Comparison.EQUAL:
            return type(left) is type(right) and left == right
        case Comparison.GREATER_OR_EQUAL | Comparison.LESS_OR_EQUAL:
            return _ordered(comparison, left, right)
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    match comparison:
        case Comparison.STARTS_WITH:
            return left.startswith(right)
        case Comparison.ENDS_WITH:
            return left.endswith(right)
        case Comparison.CONTAINS:
            return right in left
    assert_never(comparison)


def _ordered(comparison: Comparison, left: Value, right: Value) -> bool:
    if type(left) is not type(right) or not isinstance(left, (str, int, datetime)) or isinstance(left, bool):
        return False
    return left >= right if comparison is Comparison.GREATER_OR_EQUAL else left <= right  # type: ignore[operator]  # same kind on both sides
