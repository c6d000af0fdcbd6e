"""Where a directory keeps whether an account is enabled: one value of an attribute, or one bit of a number. Pure.

Each server kind has one; the configuration may name an attribute instead. Used by `translate` and `search_filter`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from adapters.ldap import conditions
from adapters.ldap.encoding import Change
from bridge.sdk import ENABLED, InvalidValueError, PreconditionError

BIT_AND: Final = "1.2.840.113556.1.4.803"
"""The matching rule of Active Directory that is true where all of these bits are set."""


Held = Mapping[str, Sequence[bytes]]


class State(Enum):
    ENABLED = True
    DISABLED = False


class AccountStatus(Protocol):
    """What `enabled` means. `held` are values of the entry, by attribute in lower case."""

    @property
    def attribute(self) -> str: ...

    @property
    def reads(self) -> Sequence[str]:
        """The attributes that decide about a change."""
        ...

    def at_create(self, wanted: State | None) -> Sequence[bytes]:
        """The attribute's values in a new entry; None where the caller says nothing."""
        ...

    def changes(self, wanted: State, held: Held) -> Sequence[tuple[Change, Sequence[bytes]]]: ...

    def state(self, held: Held) -> State: ...

    def condition(self, wanted: State) -> bytes:
        """True of entries in that state."""
        ...


@dataclass(frozen=True, slots=True)
class OneValue:
    """A disabled account has this value, an enabled one another or none."""

    attribute: str
    disabled_value: str
    enabled_value: str | None = None

    @property
    def reads(self) -> Sequence[str]:
        return (self.attribute,)

    def at_create(self, wanted: State | None) -> Sequence[bytes]:
        return [] if wanted is None else self._contents(wanted)

    def changes(self, wanted: State, held: Held) -> Sequence[tuple[Change, Sequence[bytes]]]:  # noqa: ARG002 - no matter what was there
        return [(Change.REPLACE, self._contents(wanted))]

    def state(self, held: Held) -> State:
        contents = [each.lower() for each in held.get(self.attribute.lower(), ())]
        return State(self.disabled_value.encode().lower() not in contents)

    def condition(self, wanted: State) -> bytes:
        disabled = conditions.equal(self.attribute, self.disabled_value.encode())
        return conditions.none_of(disabled) if wanted is State.ENABLED else disabled

    def _contents(self, wanted: State) -> Sequence[bytes]:
        value = self.enabled_value if wanted is State.ENABLED else self.disabled_value
        return [] if value is None else [value.encode()]


@dataclass(frozen=True, slots=True)
class DisablingBit:
    """A disabled account has this bit set in a number that tells other things too.

    A new account has no password yet, so it begins disabled: to make it an enabled one is refused.
    """

    attribute: str
    bit: int
    plain: int
    """The number of an ordinary, enabled account."""
    never_set: Mapping[str, bytes]
    """What an account shows that was never given a password."""

    @property
    def reads(self) -> Sequence[str]:
        return (self.attribute, *self.never_set)

    def at_create(self, wanted: State | None) -> Sequence[bytes]:
        if wanted is State.ENABLED:
            raise InvalidValueError(
                "a new account has no password and begins disabled: leave this out, set the password, then enable it",
                attributes=(ENABLED,),
            )
        return [_number(self.plain | self.bit)]

    def changes(self, wanted: State, held: Held) -> Sequence[tuple[Change, Sequence[bytes]]]:
        """The old number goes as the new one comes, so that no other writer's change to the other bits is lost."""
        if wanted is State.ENABLED and self._was_never_set(held):
            raise PreconditionError("the account has no password yet: set one, then enable it", attributes=(ENABLED,))
        old = self._read(held)
        new = old & ~self.bit if wanted is State.ENABLED else old | self.bit
        return [] if new == old else [(Change.DELETE, [_number(old)]), (Change.ADD, [_number(new)])]

    def state(self, held: Held) -> State:
        return State(not self._read(held) & self.bit)

    def condition(self, wanted: State) -> bytes:
        disabled = conditions.matching(self.attribute, BIT_AND, _number(self.bit))
        return conditions.none_of(disabled) if wanted is State.ENABLED else disabled

    def _was_never_set(self, held: Held) -> bool:
        return all(list(held.get(name.lower(), ())) == [value] for name, value in self.never_set.items())

    def _read(self, held: Held) -> int:
        text = next(iter(held.get(self.attribute.lower(), ())), b"")
        return int(text) if text.lstrip(b"-").isdigit() else self.plain


def _number(value: int) -> bytes:
    return str(value).encode()
