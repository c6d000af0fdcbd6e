"""The object types of a connector, made from the server's subschema and the configuration. Pure.

`Directory` is what `translate` and `plans` ask. `adapter` builds it at open. Comes next: `published`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from adapters.ldap import dn, values
from adapters.ldap.account_flags import Flag, Lock, OneValue, State
from adapters.ldap.anchors import TEXT
from adapters.ldap.config import LdapConfig
from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import (
    AttributeDefinition,
    ClassDefinition,
    classes_by_name,
    read_attribute,
    read_class,
    resolve,
)
from adapters.ldap.directory import NOT_WRITTEN, Backlinks, ByValue, Directory, Placeholder, TypeRules
from adapters.ldap.protection import protection
from adapters.ldap.server_kind import KINDS, Rules, ServerKind, detect
from adapters.ldap.type_settings import ObjectTypeSettings
from bridge.sdk import (
    ENABLED,
    AttributeType,
    ConfigurationError,
    ObjectType,
)


@dataclass(frozen=True, slots=True)
class Description:
    """The two entries in which a server describes itself."""

    root: Entry
    subschema: Entry


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
    _check_referred(types)
    # An overlay cannot be seen without rights on the server's configuration; its attribute can.
    backlinks = Backlinks.POSSIBLE if kind.backlink in model.attributes else Backlinks.NONE
    form = kind.anchor_form if named.lower() == kind.anchor.lower() else TEXT
    return Directory(
        types=types,
        anchor=anchor,
        anchor_form=form,
        bases=config.bases,
        backlinks=backlinks,
        kind=kind,
        protection=protection(config, kind.protected),
        max_request_bytes=config.max_request_bytes or kind.max_request_bytes,
    )


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
    logs_in = kind.flags_of in {each.name.lower() for each in allowed}
    flags = _flags(settings, kind.flags if logs_in else {}, model)
    kept_for_flags = _kept_for_flags(flags, model, where)
    hidden = set(kept_for_flags.values())
    by_value = _by_value(settings, allowed, model, where)
    return TypeRules(
        name=name,
        settings=settings,
        base_keys=tuple(dn.key(each) for each in settings.bases),
        attributes={alias.lower(): each for each in allowed if each not in hidden for alias in (*each.names, each.oid)},
        apart=kind.apart.get(settings.structural_class.lower(), ""),
        required=frozenset(required - {naming.name.lower()} - NOT_WRITTEN - kind.supplied),
        flags=flags,
        first_password=kind.first_password if logs_in else None,
        kept_for_flags=kept_for_flags,
        by_value=by_value,
        placeholder=_placeholder(settings, [each for each in allowed if each.name.lower() in required], where),
        repaired=_repaired(settings, allowed, kind.repaired | by_value.keys(), where),
    )


def _repaired(
    settings: ObjectTypeSettings, allowed: Sequence[AttributeDefinition], usual: AbstractSet[str], where: str
) -> list[AttributeDefinition]:
    chosen = settings.repaired_references
    if chosen is None:
        return [each for each in allowed if each.name.lower() in usual]
    found = {alias.lower(): each for each in allowed for alias in each.names}
    for name in chosen:
        if name.lower() not in found or not _refers(found[name.lower()], settings):
            raise ConfigurationError(f"{where}.repaired_references: {name} is no reference in its classes")
    return [found[name.lower()] for name in chosen]


def _refers(attribute: AttributeDefinition, settings: ObjectTypeSettings) -> bool:
    by_value = {each.lower() for each in settings.references}
    return values.type_of(attribute) is AttributeType.REFERENCE or attribute.name.lower() in by_value


def _by_value(
    settings: ObjectTypeSettings, allowed: Sequence[AttributeDefinition], model: _Model, where: str
) -> dict[str, ByValue]:
    found = {}
    for name, stored in settings.references.items():
        holder, attribute = model.attributes.get(name.lower()), model.attributes.get(stored.by.lower())
        if holder is None or holder not in allowed or values.type_of(holder) is not AttributeType.STRING:
            raise ConfigurationError(f"{where}.references: {name} is no attribute of its classes that holds text")
        if attribute is None:
            raise ConfigurationError(f"{where}.references.{name}.by: the server's schema has no attribute {stored.by}")
        found[holder.name.lower()] = ByValue(attribute, ObjectType(stored.refers_to))
    return found


def _check_referred(types: Mapping[ObjectType, TypeRules]) -> None:
    for rules in types.values():
        for name, stored in rules.by_value.items():
            where = f"object_types.{rules.name}.references.{name}"
            referred = types.get(stored.refers_to)
            if referred is None:
                raise ConfigurationError(f"{where}.refers_to: there is no object type {stored.refers_to}")
            if stored.attribute.name.lower() not in referred.attributes:
                raise ConfigurationError(f"{where}.by: {stored.refers_to} has no attribute {stored.attribute.name}")


def _placeholder(
    settings: ObjectTypeSettings, demanded: Sequence[AttributeDefinition], where: str
) -> Placeholder | None:
    if settings.placeholder_dn is None:
        return None
    held = [each for each in demanded if values.type_of(each) is AttributeType.REFERENCE and not each.single_valued]
    if not held:
        raise ConfigurationError(f"{where}.last_member: no class of the type demands a member; leave it out")
    content = settings.placeholder_dn.encode()
    names = frozenset(each.name.lower() for each in held)
    return Placeholder(content, values.matching_key(held[0], content), names)


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


def _flags(settings: ObjectTypeSettings, flags: Mapping[str, Flag], model: _Model) -> dict[str, Flag]:
    """Those of the server's kind that its schema has; `enabled` as configured."""
    found = {name: flag for name, flag in flags.items() if _is_writable(flag.attribute, model)}
    if settings.enabled is not None:
        chosen = settings.enabled
        found[ENABLED] = OneValue(chosen.attribute, chosen.disabled_value, State.OFF, chosen.enabled_value)
    return found


def _kept_for_flags(flags: Mapping[str, Flag], model: _Model, where: str) -> dict[str, AttributeDefinition]:
    kept: dict[str, AttributeDefinition] = {}
    for name, flag in flags.items():
        if not _is_writable(flag.attribute, model):
            raise ConfigurationError(f"{where}.{name}.attribute: the server has no writable {flag.attribute}")
        written = (flag.attribute, *(flag.cleared if isinstance(flag, Lock) else ()))
        kept |= {each.lower(): model.attributes[each.lower()] for each in written}
    return kept


def _is_writable(attribute: str, model: _Model) -> bool:
    found = model.attributes.get(attribute.lower())
    return found is not None and found.user_modifiable
