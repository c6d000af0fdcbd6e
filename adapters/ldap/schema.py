"""The object types of a connector, made from the server's subschema and the configuration. Pure.

`Directory` is what `translate` and `plans` ask; `published` is what the engine is told. `adapter` builds both at open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from adapters.ldap import dn, values
from adapters.ldap.account_status import AccountStatus, OneValue
from adapters.ldap.anchors import TEXT, AnchorForm
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
from adapters.ldap.protection import Protection, protection
from adapters.ldap.server_kind import KINDS, Rules, ServerKind, detect
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
PASSWORDS: Final = frozenset({"userpassword", "unicodepwd"})
_NOT_WRITTEN: Final = PASSWORDS | {OBJECT_CLASS}


@dataclass(frozen=True, slots=True)
class Description:
    """The two entries in which a server describes itself."""

    root: Entry
    subschema: Entry


@dataclass(frozen=True, slots=True)
class TypeRules:
    """One object type. `attributes` has every attribute by each of its names in lower case."""

    name: ObjectType
    settings: ObjectTypeSettings
    base_key: str
    attributes: Mapping[str, AttributeDefinition]
    apart: str
    """A class whose objects are of another sort although they are in the type's class; empty if there is none."""
    required: frozenset[str]
    status: AccountStatus | None
    enabled_by: AttributeDefinition | None
    """The attribute of `status`, which is no attribute of the objects besides."""

    def attribute(self, name: str) -> AttributeDefinition:
        """InvalidValueError if objects of the type have no such attribute."""
        found = self.attributes.get(name.lower())
        if found is None:
            raise InvalidValueError(f"{self.name} has no attribute {name}", attributes=(name,))
        return found

    def writable(self, name: str) -> AttributeDefinition:
        found = self.attribute(name)
        if found.name.lower() in PASSWORDS:
            raise InvalidValueError(f"{name} is written by set_password or change_password only", attributes=(name,))
        if found.name.lower() == OBJECT_CLASS or not found.user_modifiable:
            raise InvalidValueError(f"{name} cannot be written", attributes=(name,))
        return found


class Backlinks(Enum):
    """Whether the server may keep the other side of references by itself, as OpenLDAP's memberof overlay does."""

    NONE = "none"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of the target before anything is written to it."""

    types: Mapping[ObjectType, TypeRules]
    anchor: AttributeDefinition
    anchor_form: AnchorForm
    base: str
    backlinks: Backlinks
    kind: ServerKind
    protection: Protection

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


def build(description: Description, config: LdapConfig) -> Directory:
    """ConfigurationError where the configuration names what the server does not have."""
    kind = KINDS[config.server_kind] if config.server_kind else detect(description.root)
    model = _read(description.subschema, kind)
    named = config.anchor_attribute or kind.anchor
    anchor = model.attributes.get(named.lower())
    if anchor is None:
        raise ConfigurationError(f"anchor_attribute: the server's schema has no attribute {named}")
    types = {
        ObjectType(name): _rules(ObjectType(name), settings, model, kind)
        for name, settings in config.object_types.items()
    }
    # An overlay cannot be seen without rights on the server's configuration; its attribute can.
    backlinks = Backlinks.POSSIBLE if kind.backlink in model.attributes else Backlinks.NONE
    form = kind.anchor_form if named.lower() == kind.anchor.lower() else TEXT
    return Directory(types, anchor, form, config.base, backlinks, kind, protection(config, kind.protected))


@dataclass(frozen=True, slots=True)
class _Model:
    """The server's schema: everything by each of its names in lower case, content rules by the OID of the class."""

    attributes: Mapping[str, AttributeDefinition]
    classes: Mapping[str, ClassDefinition]
    content_rules: Mapping[str, ClassDefinition]


def _read(subschema: Entry, kind: ServerKind) -> _Model:
    try:
        attributes = resolve(
            _with_rules(read_attribute(text), kind.implied_rules) for text in _texts(subschema, "attributetypes")
        )
        classes = classes_by_name([read_class(text) for text in _texts(subschema, "objectclasses")])
        rules = [read_class(text) for text in _held(subschema, "ditcontentrules")]
    except ValueError as error:
        raise ConfigurationError(f"the server's schema cannot be read: {error}") from error
    return _Model(attributes, classes, {each.oid: each for each in rules})


def _with_rules(attribute: AttributeDefinition, implied: Mapping[str, Rules]) -> AttributeDefinition:
    rules = implied.get(attribute.syntax)
    if rules is None:
        return attribute
    return replace(
        attribute,
        equality=attribute.equality or rules.equality,
        ordering=attribute.ordering or rules.ordering,
        substring=attribute.substring or rules.substring,
    )


def _texts(subschema: Entry, attribute: str) -> Sequence[str]:
    found = _held(subschema, attribute)
    if not found:
        raise ConfigurationError(f"the subschema entry shows no {attribute}; let the account read it")
    return found


def _held(subschema: Entry, attribute: str) -> Sequence[str]:
    for name, contents in subschema.attributes.items():
        if name.lower() == attribute:
            return [content.decode("utf-8", "replace") for content in contents]
    return ()


def _rules(name: ObjectType, settings: ObjectTypeSettings, model: _Model, kind: ServerKind) -> TypeRules:
    where = f"object_types.{name}"
    chain = list(_chain((settings.structural_class, *settings.auxiliary_classes), model, where))
    allowed = _known([each for found in chain for each in (*found.must, *found.may)], model.attributes)
    # The DN brings the naming attribute, so that a caller need not repeat it.
    required = {
        each.name.lower() for each in _known([each for found in chain for each in found.must], model.attributes)
    }
    naming = model.attributes.get(settings.naming_attribute.lower())
    if naming is None or naming not in allowed:
        raise ConfigurationError(
            f"{where}.naming_attribute: {settings.naming_attribute} is no attribute of its classes"
        )
    status = _status(settings, allowed, kind)
    enabled_by = None if status is None else _enabled_by(status, model.attributes, where)
    return TypeRules(
        name=name,
        settings=settings,
        base_key=dn.key(settings.base),
        attributes={
            alias.lower(): each for each in allowed if each is not enabled_by for alias in (*each.names, each.oid)
        },
        apart=kind.apart.get(settings.structural_class.lower(), ""),
        required=frozenset(required - {naming.name.lower()} - _NOT_WRITTEN - kind.supplied),
        status=status,
        enabled_by=enabled_by,
    )


def _chain(names: Sequence[str], model: _Model, where: str) -> Iterator[ClassDefinition]:
    """The classes and all their superiors, each once, and what content rules add to them."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        found = model.classes.get(name.lower())
        if found is None:
            raise ConfigurationError(f"{where}: the server's schema has no object class {name}")
        if found.oid not in seen:
            seen.add(found.oid)
            waiting.extend(found.superiors)
            yield found
            if found.oid in model.content_rules:
                yield model.content_rules[found.oid]


def _known(names: Sequence[str], attributes: Mapping[str, AttributeDefinition]) -> list[AttributeDefinition]:
    return list({each: None for name in names if (each := attributes.get(name.lower())) is not None})


def _status(
    settings: ObjectTypeSettings, allowed: Sequence[AttributeDefinition], kind: ServerKind
) -> AccountStatus | None:
    """As configured, or as the kind of server does it for types whose objects log in."""
    if settings.enabled is not None:
        chosen = settings.enabled
        return OneValue(chosen.attribute, chosen.disabled_value, chosen.enabled_value)
    return kind.status if kind.status_of in {each.name.lower() for each in allowed} else None


def _enabled_by(
    status: AccountStatus, attributes: Mapping[str, AttributeDefinition], where: str
) -> AttributeDefinition:
    found = attributes.get(status.attribute.lower())
    if found is None or not found.user_modifiable:
        raise ConfigurationError(f"{where}.enabled.attribute: the server has no writable {status.attribute}")
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
        sensitive=key in PASSWORDS,
        references=types if kind is AttributeType.REFERENCE else (),
        description=attribute.description,
    )
