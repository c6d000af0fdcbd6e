"""A year of an organisation, as operations: people come, change, move, leave and return. Pure, the same for a seed.

Called by `scenario` once for each target. What one operation relies on is asked for earlier in the same lane, is a
reference that may wait, or was done by an earlier wave: so the end is one and the same in whatever order lanes run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Final, Protocol

from bridge.demo.ledger import GROUP, MEMBER, USER, Form, Ledger, Wanted
from bridge.demo.population import Person, group_label, people
from bridge.model.attributes import ENABLED, AttributeDelta, DeltaKind
from bridge.model.errors import AlreadyExistsError, InvalidValueError, UnknownObjectError
from bridge.model.identity import Name, ObjectRef
from bridge.model.operations import Create, Rename, Update
from bridge.model.secrets import Secret

SEED: Final = 20_260_101
_FIRST_MEMBERS: Final = 4
_TITLES: Final = ("Engineer", "Ingénieure", "Инженер", "エンジニア", 'The "Boss"', "R&D, lead", "مهندس", "🛠 Fixer")


class TargetForm(Form, Protocol):
    """What the workload has to know of one target."""

    @property
    def phone(self) -> str: ...

    @property
    def illegal(self) -> tuple[str, str]:
        """An attribute of people, and a value that this target cannot take."""

    def user(self, label: str) -> Name: ...

    def moved_user(self, label: str) -> Name:
        """The name after a rename: in a directory it is in another place."""

    def group(self, label: str) -> Name: ...

    def attributes(self, person: Person) -> Mapping[str, tuple[str | bool, ...]]:
        """What a new person is created with, beside the phone."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are; all else is in proportion to the people."""

    people: int
    groups: int
    passwords: int


@dataclass(frozen=True, slots=True)
class _Known:
    person: Person
    wanted: Wanted


def workload(form: TargetForm, size: Size, seed: int = SEED) -> Ledger:
    """The year, for one target."""
    return _Year(form, size, seed).run()


class _Year:
    def __init__(self, form: TargetForm, size: Size, seed: int) -> None:
        self._form = form
        self._size = size
        self._random = Random(seed)  # noqa: S311 - the same people each time, no secret
        self._people = people(self._random)
        known = [_Known(person, Wanted(USER, form.user(person.label))) for person in islice(self._people, size.people)]
        # Nobody is both referred to and renamed in one wave: a reference by a name that has gone would wait for ever.
        self._staying = known[: len(known) // 2]
        self._moving = known[len(known) // 2 : len(known) * 3 // 4]
        self._leaving = known[len(known) * 3 // 4 :]
        self._groups = [Wanted(GROUP, form.group(group_label(number))) for number in range(size.groups)]
        self._ledger = Ledger(form)

    def run(self) -> Ledger:
        self._arrive()
        self._ledger.next_wave()
        self._work()
        self._move()
        self._err()
        self._ledger.next_wave()
        self._enable_again()
        self._move_again()
        self._leave()
        self._ledger.next_wave()
        self._regroup()
        return self._ledger

    def _arrive(self) -> None:
        """Groups come first, and wait for their members."""
        for number, group in enumerate(self._groups):
            start = number * _FIRST_MEMBERS % (len(self._staying) - _FIRST_MEMBERS)
            members = [each.wanted for each in self._staying[start : start + _FIRST_MEMBERS]]
            self._ledger.create(group, {MEMBER: members})
        for each in (*self._staying, *self._moving, *self._leaving):
            phone = {self._form.phone: (each.person.phone(0),)}
            self._ledger.create(each.wanted, {**self._form.attributes(each.person), **phone})

    def _work(self) -> None:
        for number, each in enumerate((*self._staying, *self._leaving)):
            self._ledger.change(each.wanted, "title", DeltaKind.REPLACE, self._random.choice(_TITLES))
            match number % 6:
                case 0:
                    self._ledger.change(each.wanted, self._form.phone, DeltaKind.ADD, *map(each.person.phone, (1, 2)))
                case 1:
                    self._ledger.change(each.wanted, self._form.phone, DeltaKind.REMOVE, each.person.phone(0))
                case 2:
                    self._ledger.change(each.wanted, self._form.phone, DeltaKind.REPLACE, each.person.phone(3))
                case 3:
                    self._ledger.change(each.wanted, ENABLED, DeltaKind.REPLACE, False)  # noqa: FBT003 - the value
                case 4:
                    self._ledger.change(each.wanted, "manager", DeltaKind.REPLACE, self._staying[number // 6].wanted)
                case _:
                    self._join(each.wanted, number)
        for each in self._staying[: self._size.passwords]:
            self._ledger.set_password(each.wanted, Secret(f"correct horse {each.person.number} ключ 🔑"))

    def _join(self, wanted: Wanted, number: int) -> None:
        group = self._groups[number % len(self._groups)]
        if wanted not in group.attributes[MEMBER]:
            self._ledger.change(group, MEMBER, DeltaKind.ADD, wanted)

    def _move(self) -> None:
        """A new name, and at once a change under it; every third name that came free is taken by somebody new."""
        for number, each in enumerate(self._moving):
            former = each.wanted.name
            self._ledger.rename(each.wanted, self._form.moved_user(f"{each.person.label.strip()} (new)"))
            if number % 3:
                self._ledger.change(each.wanted, "title", DeltaKind.REPLACE, f"formerly no. {each.person.number}")
            else:
                self._ledger.create(Wanted(USER, former), self._form.attributes(next(self._people)))

    def _err(self) -> None:
        """What people get wrong. None of it may leave a trace."""
        attribute, value = self._form.illegal
        first, second = (each.wanted for each in self._staying[:2])
        nobody = ObjectRef(USER, name=self._form.user("nobody at all"))
        namesake = {key: values for key, values in self._form.attributes(next(self._people)).items() if values}
        self._ledger.ask_in_vain(first.ref, Create(namesake), AlreadyExistsError)
        self._ledger.ask_in_vain(first.ref, Rename(second.name), AlreadyExistsError)
        self._ledger.ask_in_vain(nobody, _replace("title", "Nobody"), UnknownObjectError)
        self._ledger.ask_in_vain(first.ref, _replace("shoe size", "44"), InvalidValueError)
        self._ledger.ask_in_vain(first.ref, _replace(attribute, value), InvalidValueError)

    def _enable_again(self) -> None:
        for each in self._staying:
            if each.wanted.attributes.get(ENABLED) == {False: None}:
                self._ledger.change(each.wanted, ENABLED, DeltaKind.REPLACE, True)  # noqa: FBT003 - the value

    def _move_again(self) -> None:
        for number, each in enumerate(self._moving):
            label = each.person.label.strip()
            match number % 3:
                case 0:
                    self._ledger.rename(each.wanted, self._form.user(f"{label} (back)"))
                case 1:
                    self._ledger.rename(each.wanted, self._form.moved_user(f"{label} (still away)"))
                case _:
                    self._ledger.change(each.wanted, self._form.phone, DeltaKind.ADD, each.person.phone(9))

    def _leave(self) -> None:
        """Who leaves is gone from every group; every second one comes back under the same name."""
        for number, each in enumerate(self._leaving):
            self._ledger.delete(each.wanted)
            if number % 2:
                self._ledger.create(Wanted(USER, each.wanted.name), self._form.attributes(each.person))

    def _regroup(self) -> None:
        """After those who left are gone from the groups, so that it is known under which name."""
        for number, group in enumerate(self._groups):
            match number % 5:
                case 0:
                    self._ledger.delete(group)
                case 1:
                    self._ledger.rename(group, self._form.group(f"{group_label(number)}, formerly “{number}”"))
                case _:
                    self._ledger.change(group, MEMBER, DeltaKind.REMOVE, next(iter(group.attributes[MEMBER])))


def _replace(attribute: str, value: str) -> Update:
    return Update((AttributeDelta(attribute, DeltaKind.REPLACE, (value,)),))
