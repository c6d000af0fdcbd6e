"""The object types of a connector, made from the server's subschema and the configuration. Pure.

`Directory` is what `translate` and `plans` ask; `published` is what the engine is told. `adapter` builds both at open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.ldap import dn, values
from adapters.ldap.config import LdapConfig, ObjectTypeSettings
from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import (
    AttributeDefinition,
    ClassDefinition,
    classes_by_name,
    read_attribute,
    read_class,
    resolve,
)
from bridge.sdk import (
    ENABLED,
    AttributeSchema,
    AttributeType,
    ConfigurationError,
    InvalidValueError,
    Mutability,
    ObjectType,
    ObjectTypeSchema,
    Schema,
)

OUT_OF_SCOPE: Final = ObjectType("object")
"""The object type of a reference to an entry that lies under no configured object type."""

OBJECT_CLASS: Final = "objectclass"
PASSWORD: Final = "userpassword"  # noqa: S105 - the name of an attribute
_NOT_WRITTEN: Final = frozenset({OBJECT_CLASS, PASSWORD})


@dataclass(frozen=True, slots=True)
class TypeRules:
    """One object type. `attributes` has every attribute by each of its names in lower case."""

    name: ObjectType
    settings: ObjectTypeSettings
    base_key: str
    attributes: Mapping[str, AttributeDefinition]
    required: frozenset[str]
    enabled_by: AttributeDefinition | None

    def attribute(self, name: str) -> AttributeDefinition:
        """InvalidValueError if objects of the type have no such attribute."""
        found = self.attributes.get(name.lower())
        if found is None:
            raise InvalidValueError(f"{self.name} has no attribute {name}", attributes=(name,))
        return found

    def writable(self, name: str) -> AttributeDefinition:
        found = self.attribute(name)
        if found.name.lower() == PASSWORD:
            raise InvalidValueError(f"{name} is written by set_password or change_password only", attributes=(name,))
        if found.name.lower() == OBJECT_CLASS or not found.user_modifiable:
            raise InvalidValueError(f"{name} cannot be written", attributes=(name,))
        return found


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of the target before anything is written to it."""

    types: Mapping[ObjectType, TypeRules]
    anchor: AttributeDefinition
    base: str

    def rules(self, object_type: ObjectType) -> TypeRules:
        found = self.types.get(object_type)
        if found is None:
            raise InvalidValueError(f"object type {object_type} is not configured; known: {', '.join(self.types)}")
        return found

    def type_of(self, name: str) -> ObjectType:
        """Of the entry with that DN, as far as a DN tells: by base, then by naming attribute, then the nearest base."""
        try:
            key = dn.key(name)
        except dn.DnError:
            return OUT_OF_SCOPE
        naming = key.partition("=")[0]
        holding = [rules for rules in self.types.values() if dn.is_under(key, rules.base_key)]
        fits = [rules for rules in holding if rules.settings.naming_attribute.lower() == naming] or holding
        return max(fits, key=lambda rules: len(rules.base_key)).name if fits else OUT_OF_SCOPE


def build(subschema: Entry, config: LdapConfig) -> Directory:
    """ConfigurationError where the configuration names what the server does not have."""
    try:
        attributes = resolve(read_attribute(text) for text in _texts(subschema, "attributetypes"))
        classes = classes_by_name([read_class(text) for text in _texts(subschema, "objectclasses")])
    except ValueError as error:
        raise ConfigurationError(f"the server's schema cannot be read: {error}") from error
    anchor = attributes.get(config.anchor_attribute.lower())
    if anchor is None:
        raise ConfigurationError(f"anchor_attribute: the server's schema has no attribute {config.anchor_attribute}")
    types = {
        ObjectType(name): _rules(ObjectType(name), settings, attributes, classes)
        for name, settings in config.object_types.items()
    }
    return Directory(types, anchor, config.base)


def _texts(subschema: Entry, attribute: str) -> Sequence[str]:
    for name, contents in subschema.attributes.items():
        if name.lower() == attribute:
            return [content.decode("utf-8", "replace") for content in contents]
    raise ConfigurationError(f"the subschema entry shows no {attribute}; let the account read it")


def _rules(
    name: ObjectType,
    settings: ObjectTypeSettings,
    attributes: Mapping[str, AttributeDefinition],
    classes: Mapping[str, ClassDefinition],
) -> TypeRules:
    where = f"object_types.{name}"
    chain = list(_chain((settings.structural_class, *settings.auxiliary_classes), classes, where))
    allowed = _known([each for found in chain for each in (*found.must, *found.may)], attributes)
    # The DN brings the naming attribute, so that a caller need not repeat it.
    required = {each.name.lower() for each in _known([each for found in chain for each in found.must], attributes)}
    naming = attributes.get(settings.naming_attribute.lower())
    if naming is None or naming not in allowed:
        raise ConfigurationError(
            f"{where}.naming_attribute: {settings.naming_attribute} is no attribute of its classes"
        )
    enabled_by = _enabled_by(settings, attributes, where)
    return TypeRules(
        name=name,
        settings=settings,
        base_key=dn.key(settings.base),
        attributes={
            alias.lower(): each for each in allowed if each is not enabled_by for alias in (*each.names, each.oid)
        },
        required=frozenset(required - {naming.name.lower()} - _NOT_WRITTEN),
        enabled_by=enabled_by,
    )


def _chain(names: Sequence[str], classes: Mapping[str, ClassDefinition], where: str) -> Iterator[ClassDefinition]:
    """The classes and all their superiors, each once."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        found = classes.get(name.lower())
        if found is None:
            raise ConfigurationError(f"{where}: the server's schema has no object class {name}")
        if found.oid not in seen:
            seen.add(found.oid)
            waiting.extend(found.superiors)
            yield found


def _known(names: Sequence[str], attributes: Mapping[str, AttributeDefinition]) -> list[AttributeDefinition]:
    return list({each: None for name in names if (each := attributes.get(name.lower())) is not None})


def _enabled_by(
    settings: ObjectTypeSettings, attributes: Mapping[str, AttributeDefinition], where: str
) -> AttributeDefinition | None:
    if settings.enabled is None:
        return None
    found = attributes.get(settings.enabled.attribute.lower())
    if found is None or not found.user_modifiable:
        raise ConfigurationError(f"{where}.enabled.attribute: the server has no writable {settings.enabled.attribute}")
    return found


def published(directory: Directory) -> Schema:
    """As the engine and the callers are told."""
    types = tuple(directory.types)
    return Schema({name: _object_type(rules, types) for name, rules in directory.types.items()})


def _object_type(rules: TypeRules, types: tuple[ObjectType, ...]) -> ObjectTypeSchema:
    listed = {each.name: _attribute(each, rules, types) for each in rules.attributes.values()}
    if rules.enabled_by is not None:
        listed[ENABLED] = AttributeSchema(
            ENABLED, AttributeType.BOOLEAN, description=f"kept in {rules.enabled_by.name}"
        )
    return ObjectTypeSchema(rules.name, listed, naming="the DN")


def _attribute(attribute: AttributeDefinition, rules: TypeRules, types: tuple[ObjectType, ...]) -> AttributeSchema:
    kind = values.type_of(attribute)
    key = attribute.name.lower()
    fixed = key in _NOT_WRITTEN or not attribute.user_modifiable
    return AttributeSchema(
        name=attribute.name,
        type=kind,
        multi_valued=not attribute.single_valued,
        required=key in rules.required,
        mutability=Mutability.READ_ONLY if fixed else Mutability.READ_WRITE,
        max_length=attribute.max_length,
        case_exact=values.is_case_exact(attribute),
        sensitive=key == PASSWORD,
        references=types if kind is AttributeType.REFERENCE else (),
        description=attribute.description,
    )
