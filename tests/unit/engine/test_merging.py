"""Changes that went as one call have the effect that they have one after the other."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.merging import MOST_VALUES, Group, merged
from bridge.journal import Entry
from bridge.model.attributes import AttributeDelta, DeltaKind
from bridge.model.identity import CallerName
from bridge.model.operations import Delete, Operation, Update
from tests.unit.engine.operations import entry

Held = dict[str, frozenset[object]]

values = st.integers(1, 6)
deltas = st.builds(
    AttributeDelta,
    st.sampled_from(["member", "owner"]),
    st.sampled_from(DeltaKind),
    st.lists(values, min_size=1, max_size=3, unique=True).map(tuple),
)
updates = st.lists(deltas, min_size=1, max_size=2).map(lambda made: Update(tuple(made)))


def applied(operation: Operation, held: Held) -> Held:
    after = dict(held)
    assert isinstance(operation.body, Update)
    for delta in operation.body.deltas:
        before = after.get(delta.attribute, frozenset())
        match delta.kind:
            case DeltaKind.ADD:
                after[delta.attribute] = before | set(delta.values)
            case DeltaKind.REMOVE:
                after[delta.attribute] = before - set(delta.values)
            case DeltaKind.REPLACE:
                after[delta.attribute] = frozenset(delta.values)
    return {name: each for name, each in after.items() if each}


def together(entries: list[Entry]) -> list[Entry]:
    """As many of the first as can go in one call."""
    group = Group(entries[0])
    count = next((at for at, each in enumerate(entries[1:], 1) if not group.takes(each)), len(entries))
    return entries[:count]


@given(
    st.lists(updates, min_size=1, max_size=8),
    st.dictionaries(st.sampled_from(["member", "owner"]), st.frozensets(values)),
)
def test_one_call_does_what_all_do_in_their_order(bodies: list[Update], held: Held):
    group = together([entry(number, body=body) for number, body in enumerate(bodies, 1)])
    one_by_one = held
    for each in group:
        one_by_one = applied(each.operation, one_by_one)
    expected = {name: each for name, each in one_by_one.items() if each}
    assert applied(merged(group), held) == expected
    assert merged(group).id == group[0].operation.id


def added(number: int, *members: object) -> Entry:
    return entry(number, body=Update((AttributeDelta("member", DeltaKind.ADD, members),)))  # type: ignore[arg-type]  # numbers will do


def test_new_members_go_together():
    assert len(together([added(number, number) for number in range(1, 101)])) == 100


def test_another_kind_of_operation_ends_a_call():
    assert len(together([added(1, 1), entry(2, body=Delete()), added(3, 3)])) == 1


def test_a_replacement_goes_by_itself():
    replaced = entry(2, body=Update((AttributeDelta("member", DeltaKind.REPLACE, (2,)),)))
    assert len(together([added(1, 1), replaced])) == 1
    assert len(together([replaced, added(3, 3)])) == 1


def test_what_is_added_and_what_is_removed_may_be_two_spellings_of_one_member():
    removed = entry(2, body=Update((AttributeDelta("member", DeltaKind.REMOVE, ("ANN",)),)))
    assert len(together([added(1, "bob"), removed, added(3, "ann")])) == 1
    both = Update((*added(1, "bob").operation.body.deltas, *removed.operation.body.deltas))  # type: ignore[union-attr]  # an update
    assert len(together([entry(1, body=both), added(2, "eve")])) == 1


def test_each_caller_has_calls_of_its_own():
    """One may have lost its grant since."""
    other = added(2, 2)
    other.operation = replace(other.operation, caller=CallerName("other"))
    assert len(together([added(1, 1), other])) == 1


def test_a_call_has_a_size():
    assert len(together([added(1, *range(MOST_VALUES)), added(2, MOST_VALUES)])) == 1


def test_one_call_names_no_value_twice():
    """A directory refuses such a call as a whole (RFC 4511 §4.6)."""
    assert len(together([added(1, 1), added(2, 1)])) == 1
