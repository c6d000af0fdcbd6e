"""The filter tree of a search, both ways. Depth and size are bounded before anything is built."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from bridge.api.v1 import values_pb2 as pb
from bridge.model.filters import And, Compare, Comparison, Filter, Not, Or, Present
from bridge.wire.fields import MAX_ATTRIBUTE_NAME, MAX_FILTER_DEPTH, MAX_FILTER_NODES, FieldError, check_text
from bridge.wire.values import decode_value, encode_value

_NUMBERS: Final = {each: cast("pb.Comparison", pb.Comparison.Value(f"COMPARISON_{each.name}")) for each in Comparison}
_COMPARISONS: Final = {number: each for each, number in _NUMBERS.items()}


@dataclass(slots=True)
class _Budget:
    """Nodes that may still be decoded."""

    nodes: int = MAX_FILTER_NODES


def decode_filter(message: pb.Filter) -> Filter:
    try:
        return _node(message, MAX_FILTER_DEPTH, _Budget())
    except FieldError as error:
        raise error.under("filter") from None


def _node(message: pb.Filter, depth: int, budget: _Budget) -> Filter:
    if depth == 0:
        raise FieldError("", f"is deeper than {MAX_FILTER_DEPTH} levels")
    if budget.nodes == 0:
        raise FieldError("", f"has more than {MAX_FILTER_NODES} nodes")
    budget.nodes -= 1
    kind = message.WhichOneof("kind")
    if kind is None:
        raise FieldError("", "is not set; set one of compare, present, all_of, any_of, none_of")
    try:
        return _inner(message, kind, depth - 1, budget)
    except FieldError as error:
        raise error.under(kind) from None


def _inner(message: pb.Filter, kind: str, depth: int, budget: _Budget) -> Filter:
    match kind:
        case "compare":
            return _compare(message.compare)
        case "present":
            check_text(message.present.attribute, "attribute", MAX_ATTRIBUTE_NAME)
            return Present(message.present.attribute)
        case "all_of":
            return And(_terms(message.all_of.terms, depth, budget))
        case "any_of":
            return Or(_terms(message.any_of.terms, depth, budget))
        case _:
            return Not(_node(message.none_of, depth, budget))


def _terms(terms: Iterable[pb.Filter], depth: int, budget: _Budget) -> tuple[Filter, ...]:
    decoded: list[Filter] = []
    for term in terms:
        try:
            decoded.append(_node(term, depth, budget))
        except FieldError as error:
            raise error.under(f"terms[{len(decoded)}]") from None
    if not decoded:
        raise FieldError("terms", "is empty; give at least one filter")
    return tuple(decoded)


def _compare(message: pb.Filter.Compare) -> Compare:
    check_text(message.attribute, "attribute", MAX_ATTRIBUTE_NAME)
    comparison = _COMPARISONS.get(message.comparison)
    if comparison is None:
        allowed = ", ".join(f"COMPARISON_{each.name}" for each in Comparison)
        raise FieldError("comparison", f"is {message.comparison}; use one of {allowed}")
    try:
        return Compare(message.attribute, comparison, decode_value(message.value))
    except FieldError as error:
        raise error.under("value") from None


def encode_filter(tree: Filter) -> pb.Filter:
    match tree:
        case Compare(attribute, comparison, value):
            compare = pb.Filter.Compare(attribute=attribute, comparison=_NUMBERS[comparison], value=encode_value(value))
            return pb.Filter(compare=compare)
        case Present(attribute):
            return pb.Filter(present=pb.Filter.Present(attribute=attribute))
        case And(terms):
            return pb.Filter(all_of=_encode_terms(terms))
        case Or(terms):
            return pb.Filter(any_of=_encode_terms(terms))
        case Not(term):
            return pb.Filter(none_of=encode_filter(term))


def _encode_terms(terms: Iterable[Filter]) -> pb.Filter.Terms:
    return pb.Filter.Terms(terms=[encode_filter(term) for term in terms])
