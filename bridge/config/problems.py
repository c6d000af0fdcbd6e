"""Faults of a configuration file, each with its place and the way to mend it.

`yaml_file` and `loader` collect them; the loader raises all of them at once. A fault repeats no value of the
file: it may be a secret that was put in the wrong place.
"""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bridge.model.errors import ConfigurationError

Path = tuple[str | int, ...]
"""Where something stands in the file: ("connectors", "staff", "workers")."""

BESIDE: Final = "beside"
"""Type of an error about two fields, and in its context the name of the other: one of them stands in the file."""

_WORDS: Final[Mapping[str, str]] = {
    "bool_type": "give true or false",
    "dict_type": "give a mapping (key: value)",
    "float_type": "give a number",
    "int_from_float": "give a whole number",
    "int_type": "give a whole number",
    "is_instance_of": "give a mapping (key: value)",
    "list_type": "give a list",
    "mapping_type": "give a mapping (key: value)",
    "model_type": "give a mapping (key: value)",
    "path_type": "give a path",
    "string_pattern_mismatch": "give letters, digits and . _ - only, beginning with a letter or digit",
    "string_type": "give text; put quotes around text that looks like a number, true, false or null",
    "too_short": "give at least one",
    "tuple_type": "give a list",
}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Line and column in the file, both from 1, as editors count."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `where` is the path to the key; `text` says what is wrong and what to give instead."""

    position: Position
    where: Path
    text: str


@dataclass(slots=True)
class Places:
    """Where the keys and the values of the file stand, filled while the file is read."""

    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)
    mappings: set[Path] = field(default_factory=set)

    def of(self, path: Path) -> Position:
        """The value at the path; if the file has none, the key that should have held it."""
        here = longest(path, self.values)
        start = Position(1, 1)
        return self.values[path] if path in self.values else self.keys.get(here, self.values.get(here, start))

    def mapping(self, path: Path) -> Path:
        """The innermost mapping on the way."""
        return max((each for each in _known(path, self.values) if each in self.mappings), key=len, default=())


def longest(path: Path, known: Container[Path]) -> Path:
    """The longest known path in this one."""
    return max(_known(path, known), key=len)


def _known(path: Path, known: Container[Path]) -> list[Path]:
    """The known paths in this one, the last found first: pydantic puts the names of alternatives between its parts."""
    found: list[Path] = [()]
    for part in path:
        found += [(*each, part) for each in found if (*each, part) in known]
    return found[::-1]


def raise_all(file: str, problems: Iterable[Problem]) -> None:
    """Raise one ConfigurationError that tells every problem, in the order of the file; or return."""
    lines = [
        f"{file}:{each.position.line}:{each.position.column}: {_dotted(each.where)}{each.text}"
        for each in sorted(problems, key=lambda each: each.position)
    ]
    if lines:
        raise ConfigurationError("\n".join(lines))


def from_validation(
    error: ValidationError, schema: Mapping[str, Any], places: Places, prefix: Path = ()
) -> Iterator[Problem]:
    """Pydantic's errors in our words. `schema` is that of the model that refused what is at `prefix`."""
    for each in error.errors(include_url=False, include_input=False):
        path = (*prefix, *(part for part in each["loc"] if part != "[key]"))
        match each["type"]:
            case "extra_forbidden":
                key = (*places.mapping(path[:-1]), path[-1])
                allowed = allowed_keys(schema, key[len(prefix) : -1])
                yield Problem(places.keys.get(key, places.of(key)), key, _unknown(str(key[-1]), allowed))
            case "missing":
                key = (*places.mapping(path[:-1]), path[-1])
                yield Problem(places.of(key), key, "this key is required; add it")
            case "too_short" if (*longest(path, places.values), 0) in places.values:
                pass  # counted without its faulty parts, each of which is told by itself
            case "beside" if path not in places.values:
                here = (*path[:-1], each["ctx"][BESIDE])
                yield Problem(places.of(here), path, _text(each))
            case _:
                here = longest(path, places.values) or path
                yield Problem(places.of(here), here, _text(each))


def nearest_name(wrong: str, known: Iterable[str]) -> str:
    """'did you mean x?' if one of the known names is near, else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(wrong, names, n=1)
    return f"did you mean {near[0]}?" if near else f"known are: {', '.join(names) or 'none'}"


def allowed_keys(schema: Mapping[str, Any], path: Path) -> set[str]:
    """The keys that the JSON schema allows in the mapping at the path."""
    nodes = list(_resolved(schema, schema))
    for part in path:
        nodes = [
            deeper for node in nodes for child in _children(node, part) for deeper in _resolved(child, schema)
        ] or nodes
    return {key for node in nodes for key in node.get("properties", {})}


def _resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The node with its references followed and its alternatives spread out."""
    if "$ref" in node:
        yield from _resolved(root["$defs"][node["$ref"].rpartition("/")[2]], root)
        return
    yield node
    for keyword in ("anyOf", "oneOf", "allOf"):
        for each in node.get(keyword, ()):
            yield from _resolved(each, root)


def _children(node: Mapping[str, Any], part: str | int) -> Iterator[Mapping[str, Any]]:
    candidates = [node.get("properties", {}).get(part)] if isinstance(part, str) else [node.get("items")]
    if isinstance(part, str) and candidates == [None]:
        candidates = [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
    yield from (each for each in candidates if isinstance(each, dict))


def _unknown(key: str, allowed: set[str]) -> str:
    return f"unknown key; {nearest_name(key, allowed)}"


def _text(error: ErrorDetails) -> str:
    if error["type"] == "union_tag_invalid":
        return f"give one of {error['ctx']['expected_tags']}"  # pydantic's own words repeat the value
    message = _WORDS.get(error["type"], error["msg"])
    return message.removeprefix("Value error, ").replace("Input should be", "should be", 1)


def _dotted(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_printable(part)}" for part in path)
    return f"{text.lstrip('.')}: " if text else ""


def _printable(key: str) -> str:
    return key if key.isprintable() else ascii(key)
