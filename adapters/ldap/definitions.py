"""Reads attribute type and object class definitions as a subschema entry holds them (RFC 4512 §4.1). Pure.

ldap3's reader splits at keywords inside descriptions; this one knows quotes. Called by `schema`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

_WORD: Final = re.compile(r"'[^']*'|[()$]|[^\s()$']+")
_SYNTAX: Final = re.compile(r"'?([0-9.]+)(?:\{([0-9]+)\})?'?\Z")
_LONGEST_CHAIN: Final = 64
_FLAGS: Final = frozenset({"OBSOLETE", "SINGLE-VALUE", "COLLECTIVE", "NO-USER-MODIFICATION"})
_KINDS: Final = frozenset({"ABSTRACT", "STRUCTURAL", "AUXILIARY"})


@dataclass(frozen=True, slots=True)
class AttributeDefinition:
    """One attribute type; what it takes from its superior is filled in by `resolve`."""

    oid: str
    names: tuple[str, ...]
    description: str = ""
    superior: str = ""
    syntax: str = ""
    max_length: int | None = None
    equality: str = ""
    ordering: str = ""
    substring: str = ""
    single_valued: bool = False
    user_modifiable: bool = True

    @property
    def name(self) -> str:
        return self.names[0] if self.names else self.oid


@dataclass(frozen=True, slots=True)
class ClassDefinition:
    """One object class with the attributes that it names itself."""

    oid: str
    names: tuple[str, ...]
    superiors: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


def read_attribute(text: str) -> AttributeDefinition:
    """ValueError if the text is no definition."""
    oid, fields = _fields(text)
    syntax = _SYNTAX.match(_one(fields, "SYNTAX"))
    return AttributeDefinition(
        oid=oid,
        names=fields.get("NAME", ()),
        description=_one(fields, "DESC"),
        superior=_one(fields, "SUP"),
        syntax=syntax[1] if syntax else "",
        max_length=int(syntax[2]) if syntax and syntax[2] else None,
        equality=_one(fields, "EQUALITY"),
        ordering=_one(fields, "ORDERING"),
        substring=_one(fields, "SUBSTR"),
        single_valued="SINGLE-VALUE" in fields,
        user_modifiable="NO-USER-MODIFICATION" not in fields,
    )


def read_class(text: str) -> ClassDefinition:
    """ValueError if the text is no definition."""
    oid, fields = _fields(text)
    return ClassDefinition(
        oid=oid,
        names=fields.get("NAME", ()),
        superiors=fields.get("SUP", ()),
        must=fields.get("MUST", ()),
        may=fields.get("MAY", ()),
    )


def resolve(definitions: Iterable[AttributeDefinition]) -> dict[str, AttributeDefinition]:
    """All attribute types by each of their names and their OID, in lower case, with what they inherit."""
    raw = _by_name(definitions)
    return {name: _inherit(definition, raw) for name, definition in raw.items()}


def classes_by_name(definitions: Iterable[ClassDefinition]) -> dict[str, ClassDefinition]:
    return {name.lower(): definition for definition in definitions for name in (*definition.names, definition.oid)}


def _by_name(definitions: Iterable[AttributeDefinition]) -> dict[str, AttributeDefinition]:
    return {name.lower(): definition for definition in definitions for name in (*definition.names, definition.oid)}


def _inherit(definition: AttributeDefinition, raw: Mapping[str, AttributeDefinition]) -> AttributeDefinition:
    found = definition
    above = raw.get(definition.superior.lower())
    # A chain longer than any real one is a circle.
    for _ in range(_LONGEST_CHAIN):
        if above is None:
            return found
        found = replace(
            found,
            syntax=found.syntax or above.syntax,
            max_length=found.max_length if found.syntax else above.max_length,
            equality=found.equality or above.equality,
            ordering=found.ordering or above.ordering,
            substring=found.substring or above.substring,
        )
        above = raw.get(above.superior.lower())
    raise ValueError(f"attribute type {definition.name} is its own superior")


def _fields(text: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    words = iter(_WORD.findall(text))
    if next(words, "") != "(":
        raise ValueError("a definition begins with a parenthesis")
    oid = next(words, "")
    fields: dict[str, tuple[str, ...]] = {}
    for word in words:
        if word == ")":
            return oid, fields
        fields[word] = () if word in _FLAGS or word in _KINDS else _values(words)
    raise ValueError("a definition ends with a parenthesis")


def _values(words: Iterator[str]) -> tuple[str, ...]:
    first = next(words, "")
    if first != "(":
        return (_unquote(first),)
    found = []
    for word in words:
        if word == ")":
            break
        if word != "$":
            found.append(_unquote(word))
    return tuple(found)


def _unquote(word: str) -> str:
    if not word.startswith("'"):
        return word
    return word[1:-1].replace("\\27", "'").replace("\\5C", "\\").replace("\\5c", "\\")


def _one(fields: Mapping[str, tuple[str, ...]], key: str) -> str:
    values = fields.get(key, ())
    return values[0] if values else ""
