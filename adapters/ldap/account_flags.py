"""True or false about an account, and where a directory keeps it: one value, one bit of a number, a lock's time. Pure.

Each server kind has its own; the configuration may name an attribute for `enabled`. Used by `translate`,
`modifications` and `search_filter`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

from adapters.ldap import conditions
from adapters.ldap.encoding import Change
from bridge.sdk import ENABLED, InvalidValueError, PreconditionError

BIT_AND: Final = "1.2.840.113556.1.4.803"
"""The matching rule of Active Directory that is true where all of these bits are set."""

MUST_CHANGE_PASSWORD: Final = "must_change_password"  # noqa: S105 - the name of an attribute
LOCKED: Final = "locked"
FIRST_PASSWORD: Final = "password"  # noqa: S105 - the name of an attribute
"""What a create calls the password that a new account brings."""

Held = Mapping[str, Sequence[bytes]]


class State(Enum):
    ON = True
    OFF = False


class FirstPassword(Enum):
    """Whether a new account brings its password."""

    BROUGHT = "brought"
    LATER = "later"


class Flag(Protocol):
    """What the flag means. `held` are values of the entry, by attribute in lower case."""

    @property
    def attribute(self) -> str:
        """Where it is kept."""
        ...

    @property
    def reads(self) -> Sequence[str]:
        """The attributes that decide about a change."""
        ...

    def at_create(self, wanted: State | None, password: FirstPassword) -> Sequence[bytes]:
        """The attribute's values in a new entry; None where the caller says nothing."""
        ...

    def changes(self, wanted: State, held: Held) -> Sequence[tuple[Change, str, Sequence[bytes]]]: ...

    def state(self, held: Held) -> State: ...

    def condition(self, wanted: State) -> bytes:
        """True of entries in that state."""
        ...


@dataclass(frozen=True, slots=True)
class OneValue:
    """The attribute has this value in one state, another or none in the other."""

    attribute: str
    value: str
    means: State
    other_value: str | None = None

    @property
    def reads(self) -> Sequence[str]:
        return (self.attribute,)

    def at_create(self, wanted: State | None, password: FirstPassword) -> Sequence[bytes]:  # noqa: ARG002 - either way
        return [] if wanted is None else self._contents(wanted)

    def changes(self, wanted: State, held: Held) -> Sequence[tuple[Change, str, Sequence[bytes]]]:  # noqa: ARG002 - no matter what was there
        return [(Change.REPLACE, self.attribute, self._contents(wanted))]

    def state(self, held: Held) -> State:
        contents = [each.lower() for each in held.get(self.attribute.lower(), ())]
        return State((self.value.encode().lower() in contents) == self.means.value)

    def condition(self, wanted: State) -> bytes:
        equal = conditions.equal(self.attribute, self.value.encode())
        return equal if wanted is self.means else conditions.none_of(equal)

    def _contents(self, wanted: State) -> Sequence[bytes]:
        value = self.value if wanted is self.means else self.other_value
        return [] if value is None else [value.encode()]


@dataclass(frozen=True, slots=True)
class DisablingBit:
    """A disabled account has this bit set in a number that tells other things too.

    A new account begins disabled; to make it an enabled one is refused unless it brings its password.
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

    def at_create(self, wanted: State | None, password: FirstPassword) -> Sequence[bytes]:
        if wanted is not State.ON:
            return [_number(self.plain | self.bit)]
        if password is FirstPassword.LATER:
            raise InvalidValueError(
                f"an account without a password is not made enabled: give {FIRST_PASSWORD} too, or enable it later",
                attributes=(ENABLED,),
            )
        return [_number(self.plain)]

    def changes(self, wanted: State, held: Held) -> Sequence[tuple[Change, str, Sequence[bytes]]]:
        """The old number goes as the new one comes, so that no other writer's change to the other bits is lost."""
        if wanted is State.ON and self._was_never_set(held):
            raise PreconditionError("the account has no password yet: set one, then enable it", attributes=(ENABLED,))
        old = self._read(held)
        new = old & ~self.bit if wanted is State.ON else old | self.bit
        if new == old:
            return []
        return [(Change.DELETE, self.attribute, [_number(old)]), (Change.ADD, self.attribute, [_number(new)])]

    def state(self, held: Held) -> State:
        return State(not self._read(held) & self.bit)

    def condition(self, wanted: State) -> bytes:
        disabled = conditions.matching(self.attribute, BIT_AND, _number(self.bit))
        return conditions.none_of(disabled) if wanted is State.ON else disabled

    def _was_never_set(self, held: Held) -> bool:
        return all(list(held.get(name.lower(), ())) == [value] for name, value in self.never_set.items())

    def _read(self, held: Held) -> int:
        text = next(iter(held.get(self.attribute.lower(), ())), b"")
        return int(text) if text.lstrip(b"-").isdigit() else self.plain


@dataclass(frozen=True, slots=True)
class Lock:
    """The server locks an account after too many wrong passwords, and says when. It can be unlocked, not locked."""

    attribute: str
    no_lock: frozenset[bytes] = frozenset()
    """Values that tell of no lock, or of one that is not the server's own."""
    unlocked: Sequence[bytes] = ()
    """What the attribute holds in an account that is not locked."""
    cleared: Sequence[str] = field(default=())
    """Attributes that count wrong passwords, which go away with the lock."""

    @property
    def reads(self) -> Sequence[str]:
        return (self.attribute,)

    def at_create(self, wanted: State | None, password: FirstPassword) -> Sequence[bytes]:  # noqa: ARG002 - either way
        if wanted is State.ON:
            raise _only_the_server_locks()
        return []

    def changes(self, wanted: State, held: Held) -> Sequence[tuple[Change, str, Sequence[bytes]]]:
        """The old value is named, so that an account that somebody else disables meanwhile stays disabled."""
        if wanted is State.ON:
            raise _only_the_server_locks()
        if self.state(held) is State.OFF:
            return []
        changes: list[tuple[Change, str, Sequence[bytes]]] = [
            (Change.DELETE, self.attribute, held[self.attribute.lower()])
        ]
        if self.unlocked:
            changes.append((Change.ADD, self.attribute, self.unlocked))
        return [*changes, *((Change.REPLACE, each, ()) for each in self.cleared)]

    def state(self, held: Held) -> State:
        return State(any(each not in self.no_lock for each in held.get(self.attribute.lower(), ())))

    def condition(self, wanted: State) -> bytes:
        others = [conditions.none_of(conditions.equal(self.attribute, each)) for each in sorted(self.no_lock)]
        locked = conditions.all_of((conditions.present(self.attribute), *others))
        return locked if wanted is State.ON else conditions.none_of(locked)


def _only_the_server_locks() -> InvalidValueError:
    return InvalidValueError(
        f"{LOCKED} takes false only: the server locks accounts; disable one by {ENABLED}", attributes=(LOCKED,)
    )


def _number(value: int) -> bytes:
    return str(value).encode()
