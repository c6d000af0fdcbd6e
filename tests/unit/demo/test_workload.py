"""The workload: the same each time, large and wide enough, and honest about what must come of it."""

from __future__ import annotations

import functools
from collections import Counter

import pytest

from bridge.demo.directory import DirectoryForm
from bridge.demo.ledger import GROUP, MEMBER, USER, Ledger, Wanted
from bridge.demo.scenario import DIRECTORY_SIZE, STAFF_SIZE
from bridge.demo.staff import StaffForm
from bridge.demo.workload import Size, TargetForm, workload
from bridge.model.attributes import DeltaKind
from bridge.model.identity import Name, ObjectRef
from bridge.model.operations import Create, OperationKind, Rename

STAFF = (StaffForm(), STAFF_SIZE)
DIRECTORY = (DirectoryForm(), DIRECTORY_SIZE)


def operations(ledger: Ledger) -> list:
    return [each for wave in ledger.waves for each in wave]


@functools.cache
def names() -> list[str]:
    return [each.target.name for each in operations(workload(*STAFF))]


@pytest.mark.parametrize(("form", "size"), [STAFF, DIRECTORY], ids=["staff", "directory"])
def test_the_same_seed_gives_the_same_and_another_another(form: TargetForm, size: Size):
    first, second, other = workload(form, size), workload(form, size), workload(form, size, seed=1)
    assert first.waves == second.waves
    assert first.expected() == second.expected()
    assert first.waves != other.waves


@pytest.mark.parametrize(("form", "size", "least"), [(*STAFF, 2_000), (*DIRECTORY, 1_000)], ids=["staff", "directory"])
def test_it_is_large_and_has_every_kind(form: TargetForm, size: Size, least: int):
    ledger = workload(form, size)
    asked = operations(ledger)
    kinds = Counter(each.kind for each in asked)
    assert len(asked) >= least
    assert len({each.id for each in asked}) == len(asked)
    assert kinds.keys() == set(OperationKind) - {OperationKind.CHANGE_PASSWORD}
    assert min(kinds.values()) >= 40
    assert 3 <= len(ledger.turned_down) <= 10


@pytest.mark.parametrize("script", ["ü", "λ", "н", "م", "ה", "李", "さ", "김", "श", "🦊"])
def test_names_are_of_many_scripts(script: str):
    assert any(script in each for each in names())


@pytest.mark.parametrize("text", ["O'Brien", "D'Angelo", '"', "+", "=", "\\", "<", ";", ", ", "*", "%"])
def test_names_have_what_needs_quoting(text: str):
    assert any(text in each for each in names())


def test_some_names_begin_with_a_hash_and_some_end_in_a_blank():
    assert any(each.startswith("#") for each in names())
    assert any(each.endswith(" ") for each in names())


def test_memberships_are_asked_for_before_their_members():
    first = operations(workload(*STAFF))[0]
    assert first.target.object_type == GROUP
    assert isinstance(first.body, Create)
    assert all(isinstance(each, ObjectRef) for each in first.body.attributes[MEMBER])


def test_a_directorys_renames_move_between_people_and_former():
    moves = Counter(
        (each.target.name.split(",ou=")[1], each.body.new_name.split(",ou=")[1])
        for each in operations(workload(*DIRECTORY))
        if isinstance(each.body, Rename) and each.target.object_type == USER
    )
    people, former = "people,dc=lab,dc=test", "former,dc=lab,dc=test"
    assert moves[people, former] > 50
    assert moves[former, people] > 20
    assert moves[former, former] > 20


def test_names_are_escaped_for_a_dn_and_read_back():
    form = DirectoryForm()
    label = '# "a", b+c=d; <e>\\ '
    assert form.user(label) == 'uid=\\# \\"a\\"\\, b\\+c=d\\; \\<e\\>\\\\\\ ,ou=people,dc=lab,dc=test'
    assert form.plain(form.user(label)) == f"uid={label},ou=people,dc=lab,dc=test"
    assert form.plain("uid=Smith\\2C \\C3\\89mile,ou=people") == "uid=Smith, Émile,ou=people"


def test_the_ledger_works_out_the_end_by_itself():
    ledger = Ledger(StaffForm())
    ada, bob, team = (Wanted(USER, Name("ada")), Wanted(USER, Name("bob")), Wanted(GROUP, Name("team")))
    ledger.create(team, {MEMBER: (ada, bob)})
    ledger.create(ada, {"phone": ("1", "2")})
    ledger.create(bob, {})
    ledger.change(ada, "phone", DeltaKind.REPLACE, "2", "3")
    ledger.rename(ada, Name("Ada"))
    ledger.delete(bob)
    end = ledger.expected()
    assert {each.name: each.attributes for each in end.objects} == {
        "team": {MEMBER: ("Ada",)},
        "Ada": {"phone": ("2", "3")},
    }
    assert Counter(each.what for each in end.writes.elements()) == {
        "create": 3,
        "member + ada": 1,
        "member + bob": 1,
        "phone + 1": 1,
        "phone + 2": 1,
        "phone - 1": 1,
        "phone + 3": 1,
        "rename": 1,
        "member - bob": 1,
        "delete": 1,
    }
