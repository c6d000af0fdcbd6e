"""People and groups with the names that real ones have: many scripts, and every character that needs care. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Final

_NAMES: Final = (
    ("Ada Grace Jürgen Zoë Søren Łukasz İpek", "Lovelace O'Brien Müller-Lüdenscheidt D'Angelo Čapek Nuñez Øst"),
    ("Ελένη Γιώργος Σοφία", "Παπαδοπούλου Νικολάου Ωνάσης"),
    ("Анна Дмитрий Ёлка", "Иванова Щербаков Їжакевич"),
    ("محمد فاطمة ليلى", "الهاشمي حسن العربي"),
    ("דוד שרה נועם", "כהן לוי בן-גוריון"),
    ("小明 伟 秀英", "李 王 欧阳"),
    ("さくら 太郎 ハナコ", "山田 佐藤 鈴木"),
    ("민준 서연 지우", "김 이 박"),
    ("अनिता राहुल प्रिया", "शर्मा गुप्ता चौधरी"),
)
"""Given and family names, a script each."""

_LABELS: Final = (
    "{family}.{given}.{number}",
    "{family}, {given} {number}",
    '{given} "the {number}" {family}',
    "{given}+{family}={number}",
    "#{number} {family}",
    "{given}\\{family} {number}",
    "<{number}>; {family}",
    "🦊 {given} {number} 🎉",
    "{family} {number} (50% & more)*",
    "{number} {given} ends in a blank ",
)
"""How a name can look. The first is how most do; each of the others has something that needs quoting somewhere."""

_PLAIN_SHARE: Final = 0.7


@dataclass(frozen=True, slots=True)
class Person:
    """`label` is unique, `number` too."""

    number: int
    label: str
    given: str
    family: str

    @property
    def display(self) -> str:
        return f"{self.family}, {self.given}"

    @property
    def mail(self) -> str:
        return f"p{self.number:05}@example.org"

    def phone(self, which: int) -> str:
        """One of a person's numbers; no two people share one."""
        return f"+43 1 {self.number:05} {which}"


def people(random: Random) -> Iterator[Person]:
    """As many as are wanted, of all scripts in turn."""
    scripts = [list(product(given.split(), family.split())) for given, family in _NAMES]
    number = 0
    while True:
        for script in scripts:
            number += 1
            given, family = random.choice(script)
            form = _LABELS[0] if random.random() < _PLAIN_SHARE else random.choice(_LABELS)
            yield Person(number, form.format(given=given, family=family, number=number), given, family)


def group_label(number: int) -> str:
    """A group's name, in one script or another."""
    kinds = ("Team {}", "R&D, Lab {}", "部門 {}", "Отдел «{}»", 'The "{}" club', "#{} on call", "فريق {}")
    return kinds[number % len(kinds)].format(number)
