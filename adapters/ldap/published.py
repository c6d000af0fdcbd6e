"""What the engine and the callers are told of the object types. Pure; called by `adapter`. Comes before: `schema`."""

from __future__ import annotations

from typing import Final

from adapters.ldap import values
from adapters.ldap.account_flags import FIRST_PASSWORD
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.directory import NOT_WRITTEN, PASSWORDS, Directory, TypeRules
from bridge.sdk import AttributeSchema, AttributeType, Mutability, ObjectType, ObjectTypeSchema, Schema

_FIRST_PASSWORD: Final = AttributeSchema(
    FIRST_PASSWORD,
    mutability=Mutability.ON_CREATE,
    sensitive=True,
    description="what a new account logs in with; set_password sets that of one that is there",
)


def published(directory: Directory) -> Schema:
    types = tuple(directory.types)
    return Schema({name: _object_type(rules, types) for name, rules in directory.types.items()})


def _object_type(rules: TypeRules, types: tuple[ObjectType, ...]) -> ObjectTypeSchema:
    listed = {each.name: _attribute(each, rules, types) for each in rules.attributes.values()}
    for name, flag in rules.flags.items():
        listed[name] = AttributeSchema(name, AttributeType.BOOLEAN, description=f"kept in {flag.attribute}")
    if rules.first_password is not None:
        listed[FIRST_PASSWORD] = _FIRST_PASSWORD
    return ObjectTypeSchema(rules.name, listed, naming="the DN")


def _attribute(attribute: AttributeDefinition, rules: TypeRules, types: tuple[ObjectType, ...]) -> AttributeSchema:
    kind = rules.type_of(attribute)
    key = attribute.name.lower()
    fixed = key in NOT_WRITTEN or not attribute.user_modifiable
    stored = rules.by_value.get(key)
    referred = types if stored is None else (stored.refers_to,)
    return AttributeSchema(
        name=attribute.name,
        type=kind,
        multi_valued=not attribute.single_valued,
        required=key in rules.required and rules.kept_filled(attribute) is None,
        mutability=Mutability.READ_ONLY if fixed else Mutability.READ_WRITE,
        max_length=attribute.max_length,
        case_exact=values.is_case_exact(attribute),
        sensitive=key in PASSWORDS,
        references=referred if kind is AttributeType.REFERENCE else (),
        description=attribute.description,
    )
