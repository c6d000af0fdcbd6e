"""Between the bridge's words and LDAP's: names, new entries, anchors. Pure; called by `plans` and `objects`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from adapters.ldap import dn, values
from adapters.ldap.account_flags import FIRST_PASSWORD, FirstPassword, State
from adapters.ldap.decoding import Entry
from adapters.ldap.definitions import AttributeDefinition
from adapters.ldap.directory import Directory, TypeRules
from adapters.ldap.stored_references import Referred, content_of
from bridge.sdk import (
    Anchor,
    Attributes,
    AttributeType,
    ConfigurationError,
    InvalidValueError,
    ObjectRef,
    PasswordRejectedError,
    Secret,
    Value,
    Values,
)


def checked_name(rules: TypeRules, name: str | None) -> str:
    """The DN, if it is one and lies where objects of the type may be. InvalidValueError otherwise."""
    if not name:
        raise InvalidValueError(f"{rules.name} needs a name, which is its DN", attributes=("name",))
    try:
        inside = is_in_scope(rules, name)
    except dn.DnError as error:
        raise InvalidValueError(f"{name!r} is not a DN: {error}", attributes=("name",)) from error
    if not inside:
        bases = " and ".join(rules.settings.bases)
        raise InvalidValueError(f"{name} lies outside {bases}, the base of {rules.name}", attributes=("name",))
    return name


def is_in_scope(rules: TypeRules, name: str) -> bool:
    """Whether the DN lies where objects of the type may be."""
    return rules.holds(dn.key(name))


def references_in(attributes: Iterable[Values]) -> Iterator[ObjectRef]:
    """Every reference among the values."""
    return (value for listed in attributes for value in listed if isinstance(value, ObjectRef))


def new_entry(
    rules: TypeRules, name: str, attributes: Attributes, referred: Referred
) -> list[tuple[str, Sequence[bytes]]]:
    """The attributes of an add request: what was asked for, the object classes, the naming values of the DN."""
    settings = rules.settings
    entry: list[tuple[str, Sequence[bytes]]] = [
        ("objectClass", [each.encode() for each in (settings.structural_class, *settings.auxiliary_classes)])
    ]
    password = first_password(rules, attributes)
    contents = _flags_of_new(rules, attributes, FirstPassword.BROUGHT if password else FirstPassword.LATER)
    for attribute, listed in attributes.items():
        if attribute in rules.flags or (attribute == FIRST_PASSWORD and rules.first_password):
            continue
        definition = rules.writable(attribute)
        if definition in contents:
            raise InvalidValueError(f"{definition.name} is given twice", attributes=(attribute,))
        contents[definition] = _distinct(definition, [encode(rules, definition, value, referred) for value in listed])
    _add_naming(rules, name, contents)
    _add_placeholder(rules, contents)
    entry.extend((values.wire_name(each), found) for each, found in contents.items() if found)
    entry.extend(password)
    return entry


def first_password(rules: TypeRules, attributes: Attributes) -> Sequence[tuple[str, Sequence[bytes]]]:
    """The attribute by which a new entry brings its password, or none."""
    match rules.first_password and attributes.get(FIRST_PASSWORD):
        case None | ():
            return []
        case (Secret() as password,) if rules.first_password is not None:
            return [rules.first_password(password_content(password))]
    raise InvalidValueError(f"{FIRST_PASSWORD} takes one string", attributes=(FIRST_PASSWORD,))


def password_content(password: Secret) -> bytes:
    """Not empty: the server would take that as the wish for one of its own making (RFC 3062 §2)."""
    if not password.reveal():
        raise PasswordRejectedError("the password is empty")
    try:
        return password.reveal().encode()
    except UnicodeEncodeError:
        # The original error repeats the text.
        raise PasswordRejectedError("the password holds a lone surrogate, which is no character") from None


def _flags_of_new(
    rules: TypeRules, attributes: Attributes, password: FirstPassword
) -> dict[AttributeDefinition, list[bytes]]:
    contents: dict[AttributeDefinition, list[bytes]] = {}
    for name, flag in rules.flags.items():
        listed = attributes.get(name)
        held = flag.at_create(None if listed is None else state_in(name, listed), password)
        contents.setdefault(rules.kept_for_flags[flag.attribute.lower()], []).extend(held)
    return contents


def _distinct(definition: AttributeDefinition, contents: list[bytes]) -> list[bytes]:
    """Each value once: LDAP refuses an entry with two that its matching rule calls equal."""
    if len(contents) < 2:  # noqa: PLR2004 - fewer cannot repeat
        return contents
    return list({values.matching_key(definition, each): each for each in reversed(contents)}.values())[::-1]


def _add_naming(rules: TypeRules, name: str, contents: dict[AttributeDefinition, list[bytes]]) -> None:
    for ava in dn.rdn_of(name):
        definition = rules.attribute(ava.type)
        held = contents.setdefault(definition, [])
        wanted = values.matching_key(definition, ava.value)
        if all(values.matching_key(definition, each) != wanted for each in held):
            held.append(ava.value)


def _add_placeholder(rules: TypeRules, contents: dict[AttributeDefinition, list[bytes]]) -> None:
    if rules.placeholder is None:
        return
    for name in rules.placeholder.attributes:
        held = contents.setdefault(rules.attributes[name], [])
        if not held:
            held.append(rules.placeholder.content)


def encode(rules: TypeRules, attribute: AttributeDefinition, value: Value, referred: Referred) -> bytes:
    """The bytes of a value; references are those that were found."""
    takes_references = rules.type_of(attribute) is AttributeType.REFERENCE
    if isinstance(value, ObjectRef) and takes_references:
        return content_of(rules, attribute, value, referred[value])
    if takes_references:
        raise InvalidValueError(f"{attribute.name} takes references", attributes=(attribute.name,))
    return values.encode(attribute, value)


def state_in(name: str, listed: Values) -> State:
    """InvalidValueError if that is not one truth value."""
    if len(listed) != 1 or not isinstance(listed[0], bool):
        raise InvalidValueError(f"{name} takes true or false", attributes=(name,))
    return State(listed[0])


def read_attributes(rules: TypeRules, directory: Directory) -> list[str]:
    """What a read asks for: all user attributes, and the operational ones that the bridge needs."""
    wanted = ["*", directory.anchor.name, directory.kind.version]
    wanted.extend(each.name for each in rules.kept_for_flags.values())
    return wanted


def anchor_in(directory: Directory, entry: Entry) -> Anchor:
    found = _contents_of(entry, directory.anchor.name)
    if not found:
        raise ConfigurationError(f"{entry.dn} shows no {directory.anchor.name}; let the account read it")
    return Anchor(directory.anchor_form.to_text(found[0]))


def version_in(directory: Directory, entry: Entry) -> str | None:
    found = _contents_of(entry, directory.kind.version)
    return found[0].decode("utf-8", "replace") if found else None


def _contents_of(entry: Entry, attribute: str) -> Sequence[bytes]:
    found = entry.attributes.get(attribute)
    if found is not None:
        return found
    return next((each for name, each in entry.attributes.items() if name.lower() == attribute.lower()), ())
