"""The settings of one object type: which entries it means, how they are made and kept. Read as a part of `config`.

`schema` checks them against the server's own schema and makes rules of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from adapters.ldap import dn


def _check_dn(text: str) -> str:
    try:
        dn.parse(text)
    except dn.DnError as error:
        raise ValueError(f"not a DN: {error}") from error
    return text


Dn = Annotated[str, AfterValidator(_check_dn), Field(min_length=1)]


class Part(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def listed(base: str | tuple[str, ...]) -> tuple[str, ...]:
    """A base may be one DN or several."""
    return (base,) if isinstance(base, str) else base


class Enabled(Part):
    """What enabled and disabled mean in this directory: one value of one attribute."""

    attribute: str = Field(description="The attribute that tells, e.g. pwdAccountLockedTime.")
    disabled_value: str = Field(min_length=1, description="Its value in a disabled object, e.g. 000001010000Z.")
    enabled_value: str | None = Field(
        default=None,
        min_length=1,
        description="Its value in an enabled object; by default the attribute is absent then.",
    )


class StoredReference(Part):
    """References that are stored as a value of the object referred to, not as its DN: memberUid holds a uid."""

    refers_to: str = Field(description="The object type that is referred to, e.g. user.")
    by: str = Field(description="The attribute of the object referred to whose value is stored, e.g. uid.")


class LastMember(StrEnum):
    """What happens where an object would be left without a reference that its class demands."""

    REFUSE = "refuse"
    PLACEHOLDER = "placeholder"


class CreateParents(StrEnum):
    """What happens where the container of a new name is missing."""

    NEVER = "never"
    ORGANIZATIONAL_UNITS = "organizational_units"


class ObjectTypeSettings(Part):
    """One object type: which entries it means and how new ones are made."""

    structural_class: str = Field(
        description="The structural object class, by which entries of the type are recognised."
    )
    auxiliary_classes: tuple[str, ...] = Field(
        default=(), description="Object classes that new entries get as well; none by default."
    )
    naming_attribute: str = Field(description="The attribute of a new entry's RDN, e.g. uid.")
    base: Dn | tuple[Dn, ...] = Field(
        min_length=1, description="The DN below which all objects of the type lie, or a list of such DNs."
    )
    enabled: Enabled | None = Field(
        default=None,
        description="How `enabled` is kept; by default as the kind of server does, on openldap not at all.",
    )
    references: Mapping[str, StoredReference] = Field(
        default={},
        description="Attributes whose references are stored as a value of the object referred to; none by default.",
    )
    last_member: LastMember = Field(
        default=LastMember.REFUSE,
        description="`refuse` (default): an object is not left without a member that its class demands; "
        "`placeholder`: it gets `placeholder_dn` then, which no read shows.",
    )
    placeholder_dn: Dn | None = Field(
        default=None,
        validate_default=True,
        description="The member of an empty group, a DN that no object has; none by default.",
    )

    create_parents: CreateParents = Field(
        default=CreateParents.NEVER,
        description="`never` (default): an object waits until its container is there; `organizational_units`: missing "
        "units (ou=…) between base and object are made.",
    )
    repaired_references: tuple[str, ...] | None = Field(
        default=None,
        description="Attributes in which the old name of an object that was renamed is replaced by the new one, each "
        "with an index for equality; by default member, uniqueMember and `references`, on active_directory the last.",
    )

    @field_validator("base")
    @classmethod
    def _apart(cls, base: str | tuple[str, ...]) -> str | tuple[str, ...]:
        keys = [dn.key(each) for each in listed(base)]
        for index, key in enumerate(keys):
            if any(dn.is_under(key, other) for other in keys[:index] + keys[index + 1 :]):
                raise ValueError("one DN of base lies below another: leave the lower one out")
        return base

    # A rule about two fields stands at the second, so that it is told together with the faults of others.

    @field_validator("placeholder_dn")
    @classmethod
    def _pair(cls, placeholder_dn: str | None, others: ValidationInfo) -> str | None:
        if (others.data.get("last_member") is LastMember.PLACEHOLDER) != (placeholder_dn is not None):
            raise ValueError("last_member: placeholder and placeholder_dn come together: give both or none")
        return placeholder_dn

    @property
    def bases(self) -> tuple[str, ...]:
        return listed(self.base)
